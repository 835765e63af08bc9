#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>

#include "support/machine_clock.hpp"
#include "waveforge/io/ring_context.hpp"
#include "waveforge/io/task.hpp"

namespace wf::test {

/// Turns `ring` until `work` has ended, and returns what it returned. An exception of the coroutine comes out here.
template <typename T>
T run_on_ring(io::ring_context& ring, io::task<T> work) {
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    bool ended = false;
    boost::asio::co_spawn(ring.get_executor(), std::move(work), [&](std::exception_ptr thrown) {
      failure = thrown;
      ended = true;
      ring.post([] {});  // a turn that ends the work before it waits must not wait
    });
    while (!ended) ring.turn(true);
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> value;
    bool ended = false;
    boost::asio::co_spawn(ring.get_executor(), std::move(work), [&](std::exception_ptr thrown, T returned) {
      failure = thrown;
      if (!thrown) value.emplace(std::move(returned));
      ended = true;
      ring.post([] {});  // a turn that ends the work before it waits must not wait
    });
    while (!ended) ring.turn(true);
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
  }
}

/// A real ring of the real machine, turned by the test's own thread.
class real_ring : public ::testing::Test {
 protected:
  machine_clock time_;
  io::ring_context ring_{io::real_kernel(), time_, io::real_kernel().make_ring(64).value(), "test"};

  template <typename T>
  T run(io::task<T> work) {
    return run_on_ring(ring_, std::move(work));
  }
};

}  // namespace wf::test
