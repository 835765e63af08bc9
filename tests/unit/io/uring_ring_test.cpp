// io_uring itself: batching, a full queue, waking from other threads, cancellation, the helper thread's operations.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/ring_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/io/task_scope.hpp"

namespace wf::io {
namespace {

using test::machine_clock;
using test::running;

class uring_ring_test : public test::real_ring {};

task<void> count_nops(int count, std::int64_t& sum) {
  for (int i = 0; i < count; ++i) {
    operation op;
    const std::int32_t value = co_await perform(std::move(op), deadline::never());
    sum += value == 0 ? 1 : 0;
  }
}

TEST(uring_queue, a_full_queue_holds_back_and_drops_nothing) {
  machine_clock time;
  ring_context ring{real_kernel(), time, real_kernel().make_ring(4).value(), "small"};
  task_scope scope{ring};
  std::int64_t sum = 0;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(scope.spawn(count_nops(20, sum)));
  EXPECT_TRUE(test::run_on_ring(ring, scope.join(deadline::never())));
  EXPECT_EQ(sum, 500 * 20);
}

TEST(uring_queue, more_completions_than_its_queue_holds_all_arrive) {
  machine_clock time;
  ring_context ring{real_kernel(), time, real_kernel().make_ring(1).value(), "tiny"};
  int ended = 0;
  ring.post([&] {
    for (int i = 0; i < 2'000; ++i) {
      ring.start({}, deadline::never(), [&](std::int32_t value) { ended += value == 0 ? 1 : 0; });
    }
  });
  while (ring.turn(false) || ring.operations_open() > 0) {
  }
  EXPECT_EQ(ended, 2'000);
}

task<std::int32_t> poll_for(int fd, deadline until) {
  co_await asio::this_coro::throw_if_cancelled(false);
  operation op;
  op.kind = op_kind::poll;
  op.fd = fd;
  op.flags = POLLIN;
  const std::int32_t value = co_await perform(std::move(op), until);
  co_return value;
}

struct socket_pair {
  socket_pair() { WF_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0); }
  ~socket_pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  socket_pair(const socket_pair&) = delete;
  socket_pair& operator=(const socket_pair&) = delete;
  int ends[2]{};
};

TEST_F(uring_ring_test, a_poll_ends_with_what_is_ready) {
  socket_pair pair;
  running<std::int32_t> one{ring_, poll_for(pair.ends[0], deadline::never())};
  ring_.turn(false);
  EXPECT_FALSE(one.ended());
  ASSERT_EQ(::write(pair.ends[1], "x", 1), 1);
  while (!one.ended()) ring_.turn(true);
  EXPECT_EQ(one.value() & POLLIN, POLLIN);
}

TEST_F(uring_ring_test, a_poll_is_cancelled) {
  socket_pair pair;
  running<std::int32_t> one{ring_, poll_for(pair.ends[0], deadline::never())};
  ring_.turn(false);
  one.cancel();
  while (!one.ended()) ring_.turn(true);
  EXPECT_EQ(one.value(), -ECANCELED);
}

TEST_F(uring_ring_test, a_poll_is_cancelled_before_it_was_handed_to_the_kernel) {
  socket_pair pair;
  std::int32_t ended_with = 1;
  ring_.post([&] {
    operation op;
    op.kind = op_kind::poll;
    op.fd = pair.ends[0];
    op.flags = POLLIN;
    ring_.cancel(ring_.start(std::move(op), deadline::never(), [&](std::int32_t value) { ended_with = value; }));
  });
  while (ended_with == 1) ring_.turn(true);
  EXPECT_EQ(ended_with, -ECANCELED);
}

TEST_F(uring_ring_test, a_poll_ends_at_its_deadline) {
  socket_pair pair;
  EXPECT_EQ(run(poll_for(pair.ends[0], ring_.after(std::chrono::milliseconds{1}))), -ETIMEDOUT);
  EXPECT_EQ(run(poll_for(pair.ends[0], {time_.now() - std::chrono::seconds{1}})), -ETIMEDOUT);
}

// Ready and cancelled at once, again and again: whichever wins, the operation ends exactly once and no other is hit.
TEST_F(uring_ring_test, cancellation_races_with_readiness) {
  for (int round = 0; round < 300; ++round) {
    socket_pair pair;
    running<std::int32_t> one{ring_, poll_for(pair.ends[0], deadline::never())};
    running<std::int32_t> other{ring_, poll_for(pair.ends[1], deadline::never())};
    ring_.turn(false);
    ASSERT_EQ(::write(pair.ends[1], "x", 1), 1);
    one.cancel();
    while (!one.ended()) ring_.turn(true);
    const std::int32_t value = one.value();
    EXPECT_TRUE(value == -ECANCELED || (value & POLLIN) == POLLIN) << value;
    EXPECT_FALSE(other.ended());
    ASSERT_EQ(::write(pair.ends[0], "x", 1), 1);
    while (!other.ended()) ring_.turn(true);
    EXPECT_EQ(other.value() & POLLIN, POLLIN);
  }
  EXPECT_EQ(ring_.operations_open(), 0U);
}

TEST(uring_threads, what_other_threads_post_runs_on_the_loop_in_their_order) {
  constexpr int posters = 4;
  constexpr int each = 2'000;
  machine_clock time;
  ring_context ring{real_kernel(), time, real_kernel().make_ring(8).value(), "posted to"};
  std::vector<int> last(posters, -1);
  int total = 0;
  std::thread loop{[&] { ring.run(); }};
  std::vector<std::thread> threads;
  for (std::size_t poster = 0; poster < posters; ++poster) {
    threads.emplace_back([&, poster] {
      for (int i = 0; i < each; ++i) {
        ring.post([&, poster, i] {
          EXPECT_TRUE(ring.running_here());
          EXPECT_EQ(last[poster], i - 1);
          last[poster] = i;
          ++total;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ring.stop();
  loop.join();
  EXPECT_EQ(total, posters * each);
}

TEST(uring_threads, a_loop_that_waits_wakes_for_each_post) {
  machine_clock time;
  ring_context ring{real_kernel(), time, real_kernel().make_ring(8).value(), "woken"};
  std::thread loop{[&] { ring.run(); }};
  for (int i = 0; i < 500; ++i) {
    std::atomic<bool> ran{false};
    ring.post([&] {
      ran = true;
      ran.notify_one();
    });
    ran.wait(false);
  }
  ring.stop();
  loop.join();
}

TEST(uring_threads, made_on_one_thread_run_on_another_destroyed_on_the_first) {
  machine_clock time;
  for (int round = 0; round < 20; ++round) {
    ring_context ring{real_kernel(), time, real_kernel().make_ring(8).value(), "moved"};
    task_scope scope{ring};
    std::int64_t sum = 0;
    ASSERT_TRUE(scope.spawn(count_nops(3, sum)));
    ring.stop();
    std::thread loop{[&] { ring.run(); }};
    loop.join();
    EXPECT_EQ(sum, 3);
  }
}

class helper_operations_test : public test::real_ring {
 protected:
  int open_root() { return real_kernel().open_root(place_.path()).value(); }
  test::temporary_directory place_;
};

task<std::int32_t> perform_quietly(operation op) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::int32_t value = co_await perform(std::move(op), deadline::never());
  co_return value;
}

// The first may be running already and then ends by itself; those behind it were not begun.
TEST_F(helper_operations_test, a_queued_operation_is_cancelled) {
  const int root = open_root();
  constexpr int count = 50;
  std::vector<std::unique_ptr<running<std::int32_t>>> all;
  for (int i = 0; i < count; ++i) {
    operation op;
    op.kind = op_kind::sync_file_system;
    op.fd = root;
    all.push_back(std::make_unique<running<std::int32_t>>(ring_, perform_quietly(std::move(op))));
  }
  ring_.turn(false);
  for (auto& one : all) one->cancel();
  for (auto& one : all) {
    while (!one->ended()) ring_.turn(true);
    const std::int32_t value = one->value();
    EXPECT_TRUE(value == 0 || value == -ECANCELED) << value;
  }
  EXPECT_EQ(ring_.operations_open(), 0U);
  ::close(root);
}

TEST_F(helper_operations_test, an_error_of_the_helper_comes_back) {
  operation op;
  op.kind = op_kind::truncate;
  op.fd = -1;
  EXPECT_EQ(run(perform_quietly(std::move(op))), -EBADF);
}

}  // namespace
}  // namespace wf::io
