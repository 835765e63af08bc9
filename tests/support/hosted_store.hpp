#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/counting_random.hpp"
#include "support/machine_clock.hpp"
#include "support/ring_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/store/store_host.hpp"

namespace wf::test {

/// A whole file store on the real machine, in a directory of its own, asked from a ring that the test's own thread
/// turns. `Kernel` is what stands between it and the machine.
template <typename Kernel>
class hosted_store : public ::testing::Test {
 protected:
  temporary_directory home_{};
  machine_clock time_{};
  Kernel kernel_{};
  io::ring_context ring_{kernel_, time_, kernel_.make_ring(64).value(), "test"};
  counting_random random_{};
  null_logger log_{};
  null_metrics count_{};
  store::environment world_{kernel_, time_, random_, log_, count_};
  store::options with_{};
  io::buffer_pool buffers_{ring_, 8, limits::piece_bytes};
  io::buffer_pool heads_{ring_, 8, 16 * 1024};
  io::pipe_pool pipes_{ring_, 2, 1U << 20U};
  io::worker on_{ring_, buffers_, heads_, pipes_};
  std::unique_ptr<store::store_host> host_{};

  void SetUp() override {
    with_.data_dir = home_.path() + "/data";
    with_.min_free = {0, 0};
    open();
  }
  void open() {
    auto opened = store::store_host::open(world_, with_);
    ASSERT_TRUE(opened) << opened.error().detail;
    host_ = std::move(*opened);
  }
  void reopen() {
    host_.reset();
    open();
  }
  store::store& data() { return host_->serving(); }
  template <typename T>
  T run(io::task<T> work) {
    return run_on_ring(ring_, std::move(work));
  }
  /// The same bytes for the same seed.
  static std::string text_of(std::size_t size, unsigned seed) {
    std::string text(size, '\0');
    std::uint32_t state = seed * 2654435761U + 1;
    for (auto& c : text) {
      state = state * 1664525U + 1013904223U;
      c = static_cast<char>(state >> 24U);
    }
    return text;
  }
};

}  // namespace wf::test
