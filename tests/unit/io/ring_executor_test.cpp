// Asio's own machinery over the ring: dispatch and post, co_spawn, parallel groups and their cancellation.
#include <gtest/gtest.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <string>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;
using test::running;
using namespace asio::experimental::awaitable_operators;

static_assert(asio::execution::is_executor_v<ring_executor>);

using ring_executor_test = test::scripted_ring_test;

TEST_F(ring_executor_test, dispatch_runs_at_once_on_the_loop_and_post_never_does) {
  std::string order;
  asio::post(ring_.get_executor(), [&] {
    asio::post(ring_.get_executor(), [&] { order += 'c'; });
    asio::dispatch(ring_.get_executor(), [&] { order += 'a'; });
    order += 'b';
  });
  asio::dispatch(ring_.get_executor(), [&] { order += 'd'; });  // from outside the loop: posted
  EXPECT_EQ(order, "");
  settle();
  EXPECT_EQ(order, "abdc");
}

TEST_F(ring_executor_test, equality_is_that_of_the_context_and_of_the_blocking_property) {
  const ring_executor executor = ring_.get_executor();
  EXPECT_EQ(executor, ring_executor{ring_});
  EXPECT_NE(executor, asio::require(executor, asio::execution::blocking.never));
  EXPECT_EQ(asio::query(executor, asio::execution::blocking), asio::execution::blocking.possibly);
  EXPECT_EQ(&asio::query(executor, asio::execution::context), &ring_);
}

task<std::size_t> first_of(deadline one, deadline two) {
  const auto winner = co_await (sleep_until(one) || sleep_until(two));
  co_return winner.index();
}

TEST_F(ring_executor_test, or_ends_with_the_first_and_cancels_the_other) {
  EXPECT_EQ(run(first_of(ring_.after(seconds{9}), ring_.after(seconds{2}))), 1U);
  EXPECT_EQ(ring_.operations_open(), 0U);
}

// Both end in the same turn: the loser is cancelled when its result is on its way already. With an executor that
// posts what is dispatched, the cancellation would run after the group was gone.
TEST_F(ring_executor_test, or_of_two_that_end_together) {
  EXPECT_EQ(run(first_of(ring_.after(seconds{2}), ring_.after(seconds{2}))), 0U);
  settle();
  EXPECT_EQ(ring_.operations_open(), 0U);
}

task<std::int32_t> both() {
  operation one;
  operation two;
  const auto [a, b] =
      co_await (perform(std::move(one), deadline::never()) && perform(std::move(two), deadline::never()));
  co_return a + b;
}

TEST_F(ring_executor_test, and_waits_for_both) {
  script_->answer(op_kind::nop, 30);
  script_->answer(op_kind::nop, 4);
  EXPECT_EQ(run(both()), 34);
}

task<std::int32_t> quietly_first_of(deadline one, deadline two) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto winner = co_await (sleep_until(one) || sleep_until(two));
  co_return winner.index() == 0 ? std::get<0>(winner) : std::get<1>(winner);
}

TEST_F(ring_executor_test, cancelling_a_group_cancels_all_of_it) {
  running<std::int32_t> one{ring_, quietly_first_of(ring_.after(seconds{9}), ring_.after(seconds{9}))};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ECANCELED);
  EXPECT_EQ(ring_.operations_open(), 0U);
}

TEST_F(ring_executor_test, cancelling_a_group_in_the_turn_in_which_it_ends) {
  running<std::int32_t> one{ring_, quietly_first_of(ring_.after(seconds{1}), ring_.after(seconds{9}))};
  settle();
  time_.advance(seconds{1});
  ring_.turn(false);
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ETIMEDOUT);
  EXPECT_EQ(ring_.operations_open(), 0U);
}

task<std::int32_t> race_operation_with_sleep(deadline until) {
  operation op;
  auto winner = co_await (perform(std::move(op), deadline::never()) || sleep_until(until));
  co_return winner.index() == 0 ? std::get<0>(winner) : -ETIME;
}

TEST_F(ring_executor_test, a_losing_operation_is_waited_for) {
  script_->obey_cancel(false);
  running<std::int32_t> one{ring_, race_operation_with_sleep(ring_.after(seconds{1}))};
  settle();
  time_.advance(seconds{1});
  settle();
  EXPECT_TRUE(script_->only().cancel_asked);
  EXPECT_FALSE(one.ended());
  script_->complete(script_->only().id, -ECANCELED);
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ETIME);
}

}  // namespace
}  // namespace wf::io
