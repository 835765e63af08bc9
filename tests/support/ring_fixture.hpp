#pragma once

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>

#include "support/machine_clock.hpp"
#include "waveforge/io/ring_context.hpp"
#include "waveforge/io/task.hpp"

namespace wf::test {

/// A coroutine that was started and may be asked whether it has ended.
template <typename T>
class running {
 public:
  running(io::ring_context& ring, io::task<T> work) {
    boost::asio::co_spawn(
        ring.get_executor(), std::move(work),
        boost::asio::bind_cancellation_slot(signal_.slot(), [this, &ring](std::exception_ptr thrown, T returned) {
          failure_ = thrown;
          if (!thrown) value_.emplace(std::move(returned));
          ended_ = true;
          ring.post([] {});  // a turn that ends the work before it waits must not wait
        }));
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Takes hold in the ring's next turn.
  void cancel() { signal_.emit(boost::asio::cancellation_type::terminal); }
  /// Of one that has ended. An exception of the coroutine comes out here.
  [[nodiscard]] T value() {
    if (failure_) std::rethrow_exception(failure_);
    return std::move(*value_);
  }

 private:
  boost::asio::cancellation_signal signal_;
  std::optional<T> value_;
  std::exception_ptr failure_;
  bool ended_{false};
};

/// Turns `ring` until `work` has ended, and returns what it returned.
template <typename T>
T run_on_ring(io::ring_context& ring, io::task<T> work) {
  running<T> one{ring, std::move(work)};
  while (!one.ended()) ring.turn(true);
  return one.value();
}
inline void run_on_ring(io::ring_context& ring, io::task<void> work) {
  bool ended = false;
  std::exception_ptr failure;
  boost::asio::co_spawn(ring.get_executor(), std::move(work), [&](std::exception_ptr thrown) {
    failure = thrown;
    ended = true;
    ring.post([] {});
  });
  while (!ended) ring.turn(true);
  if (failure) std::rethrow_exception(failure);
}

/// A ring of the real machine, turned by the test's own thread.
class real_ring : public ::testing::Test {
 protected:
  template <typename T>
  T run(io::task<T> work) {
    return run_on_ring(ring_, std::move(work));
  }

  machine_clock time_;
  io::ring_context ring_{io::real_kernel(), time_, io::real_kernel().make_ring(64).value(), "test"};
};

}  // namespace wf::test
