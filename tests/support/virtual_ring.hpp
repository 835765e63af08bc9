#pragma once

#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "support/manual_clock.hpp"
#include "waveforge/base/check.hpp"
#include "waveforge/io/buffer_pool.hpp"
#include "waveforge/io/pipe_pool.hpp"
#include "waveforge/io/ring_context.hpp"
#include "waveforge/io/task.hpp"
#include "waveforge/io/worker.hpp"

namespace wf::test {

/// A ring without a kernel: every operation succeeds at once with value 0, and waiting moves a manual clock to the next
/// deadline. Coroutines that wait for each other and for time run deterministically, without a real clock.
class virtual_backend final : public io::ring_backend {
 public:
  explicit virtual_backend(manual_clock& time) noexcept : time_{time} {}

  void start(io::op_id id, io::operation&) override { ended_.push_back({id, 0, false}); }
  void cancel(io::op_id) override {}
  void enter(std::optional<steady_time> until) override {
    if (!ended_.empty() || std::exchange(woken_, false)) return;
    WF_CHECK(until.has_value());  // else every coroutine waits for something that never comes
    if (*until > time_.now()) time_.advance(*until - time_.now());
  }
  [[nodiscard]] std::size_t reap(std::span<io::completion> out) override {
    const std::size_t count = std::min(out.size(), ended_.size());
    std::copy_n(ended_.begin(), count, out.begin());
    ended_.erase(ended_.begin(), ended_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  void wake() noexcept override { woken_ = true; }
  [[nodiscard]] result<void> register_buffers(std::span<const std::span<std::byte>>) override {
    return fail(errc::io_failed, "a virtual ring pins nothing");
  }

 private:
  manual_clock& time_;
  std::vector<io::completion> ended_{};
  bool woken_{false};
};

/// One worker in virtual time, turned by the test's own thread.
class virtual_worker {
 public:
  manual_clock time{};
  io::ring_context ring{io::real_kernel(), time, std::make_unique<virtual_backend>(time), "virtual"};
  io::buffer_pool buffers{ring, 4, 64 * 1024};
  io::buffer_pool heads{ring, 4, 16 * 1024};
  io::pipe_pool pipes{ring, 0, 64 * 1024};
  io::worker on{ring, buffers, heads, pipes};

  /// Starts `work`; it runs when the ring is turned.
  template <typename T>
  std::shared_ptr<std::optional<T>> begin(io::task<T> work) {
    auto ended = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(ring.get_executor(), std::move(work), [ended](std::exception_ptr thrown, T value) {
      WF_CHECK(thrown == nullptr);
      ended->emplace(std::move(value));
    });
    return ended;
  }
  /// Turns until nothing is ready, without moving the clock.
  void settle() {
    while (ring.turn(false)) {
    }
  }
  /// Turns, moving the clock where everybody waits, until `work` has ended.
  template <typename T>
  T run(io::task<T> work) {
    const auto ended = begin(std::move(work));
    return finish(ended);
  }
  template <typename T>
  T finish(const std::shared_ptr<std::optional<T>>& ended) {
    while (!ended->has_value()) ring.turn(true);
    return std::move(**ended);
  }
};

}  // namespace wf::test
