// Awaiting operations: values come back, and cancellation before, while and as they end is told and never thrown.
#include "waveforge/io/task.hpp"

#include <gtest/gtest.h>

#include <boost/asio/cancellation_state.hpp>
#include <string>
#include <thread>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"
#include "waveforge/io/task_scope.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;
using test::running;

/// Lets the coroutine see its cancellation as a value, as children of a scope do.
template <typename T>
task<T> quiet(task<T> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_return co_await std::move(work);
}

using task_test = test::scripted_ring_test;

TEST_F(task_test, perform_returns_the_value_of_its_operation) {
  script_->answer(op_kind::nop, 17);
  EXPECT_EQ(run(perform(operation{}, deadline::never())), 17);
}

TEST_F(task_test, perform_ends_at_its_deadline) {
  EXPECT_EQ(run(perform(operation{}, ring_.after(seconds{3}))), -ETIMEDOUT);
}

TEST_F(task_test, perform_cancelled_while_waiting_waits_for_the_end_of_its_operation) {
  script_->obey_cancel(false);
  auto owner = std::make_shared<int>(0);
  operation op;
  op.owner = owner;
  running<std::int32_t> one{ring_, quiet(perform(std::move(op), deadline::never()))};
  settle();
  one.cancel();
  settle();
  EXPECT_TRUE(script_->only().cancel_asked);
  EXPECT_FALSE(one.ended());
  EXPECT_EQ(owner.use_count(), 2);
  script_->complete(script_->only().id, -ECANCELED);
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ECANCELED);
  EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(task_test, perform_cancelled_as_it_completes_returns_its_result) {
  running<std::int32_t> one{ring_, quiet(perform(operation{}, deadline::never()))};
  settle();
  one.cancel();  // posted: emitted in the turn that reaps the completion, before it is delivered
  script_->complete(script_->only().id, 9);
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), 9);
}

TEST_F(task_test, a_result_beats_the_cancellation_it_crossed_in_the_kernel) {
  script_->obey_cancel(false);
  running<std::int32_t> one{ring_, quiet(perform(operation{}, deadline::never()))};
  settle();
  one.cancel();
  settle();
  script_->complete(script_->only().id, 4);  // a descriptor, say: it must not be lost
  settle();
  EXPECT_EQ(one.value(), 4);
}

task<std::int32_t> after_cancellation(bool& started, bool reset) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const deadline never = deadline::never();
  started = true;
  (void)co_await sleep_until(never);
  if (reset) co_await asio::this_coro::reset_cancellation_state();
  const std::int32_t value = co_await perform(operation{}, never);
  co_return value;
}

TEST_F(task_test, a_cancelled_coroutine_starts_nothing_more) {
  bool started = false;
  running<std::int32_t> one{ring_, after_cancellation(started, false)};
  settle();
  ASSERT_TRUE(started);
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ECANCELED);
  EXPECT_EQ(script_->started(), 0U);
}

TEST_F(task_test, a_coroutine_that_resets_its_cancellation_goes_on) {
  bool started = false;
  script_->answer(op_kind::nop, 5);
  running<std::int32_t> one{ring_, after_cancellation(started, true)};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), 5);
}

TEST_F(task_test, perform_uninterrupted_sees_its_operation_to_the_end) {
  running<std::int32_t> one{ring_, quiet(perform_uninterrupted(operation{}))};
  settle();
  one.cancel();
  settle();
  EXPECT_EQ(script_->cancels(), 0U);
  ASSERT_FALSE(one.ended());
  script_->complete(script_->only().id, 6);
  settle();
  EXPECT_EQ(one.value(), 6);
}

task<std::int32_t> cancelled_then_uninterrupted() {
  co_await asio::this_coro::throw_if_cancelled(false);
  (void)co_await sleep_until(deadline::never());
  const std::int32_t value = co_await perform_uninterrupted(operation{});
  co_return value;
}

TEST_F(task_test, perform_uninterrupted_starts_in_a_cancelled_coroutine) {
  script_->answer(op_kind::nop, 8);
  running<std::int32_t> one{ring_, cancelled_then_uninterrupted()};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), 8);
}

TEST_F(task_test, sleep_ends_at_its_time_and_not_before) {
  running<std::int32_t> one{ring_, sleep_until(ring_.after(seconds{10}))};
  settle();
  time_.advance(seconds{9});
  settle();
  EXPECT_FALSE(one.ended());
  time_.advance(seconds{1});
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ETIMEDOUT);
}

TEST_F(task_test, sleep_of_a_time_gone_by_ends_at_once) {
  const steady_time before = time_.now();
  EXPECT_EQ(run(sleep_until({time_.now() - seconds{1}})), -ETIMEDOUT);
  EXPECT_EQ(time_.now(), before);
}

TEST_F(task_test, sleep_cancelled_while_waiting) {
  running<std::int32_t> one{ring_, quiet(sleep_until(ring_.after(seconds{10})))};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ECANCELED);
}

TEST_F(task_test, sleep_cancelled_in_the_turn_of_its_time) {
  running<std::int32_t> one{ring_, quiet(sleep_until(ring_.after(seconds{1})))};
  settle();
  time_.advance(seconds{1});
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ECANCELED);  // functions run before deadlines are looked at
}

task<void> write_letters(std::string& out, char letter, int count) {
  for (int i = 0; i < count; ++i) {
    out += letter;
    co_await yield();
  }
}

TEST_F(task_test, yield_lets_the_others_run) {
  std::string out;
  task_scope scope{ring_};
  ASSERT_TRUE(scope.spawn(write_letters(out, 'a', 3)));
  ASSERT_TRUE(scope.spawn(write_letters(out, 'b', 3)));
  settle();
  EXPECT_EQ(out, "ababab");
  run(scope.close());
}

task<std::thread::id> where_work_ran(ring_context& target, std::thread::id& resumed_on) {
  std::thread::id ran_on;
  co_await run_on(target, [&ran_on] { ran_on = std::this_thread::get_id(); });
  resumed_on = std::this_thread::get_id();
  co_return ran_on;
}

class run_on_test : public test::real_ring {};

TEST_F(run_on_test, work_runs_on_the_other_ring_and_the_coroutine_goes_on_at_home) {
  ring_context other{real_kernel(), time_, real_kernel().make_ring(8).value(), "other"};
  std::thread thread{[&] { other.run(); }};
  std::thread::id resumed_on;
  const std::thread::id ran_on = run(where_work_ran(other, resumed_on));
  EXPECT_EQ(ran_on, thread.get_id());
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
  other.stop();
  thread.join();
}

TEST_F(run_on_test, a_ring_that_ends_without_running_the_work_lets_the_coroutine_go) {
  auto other = std::make_unique<ring_context>(real_kernel(), time_, real_kernel().make_ring(8).value(), "other");
  std::thread::id resumed_on;
  running<std::thread::id> one{ring_, where_work_ran(*other, resumed_on)};
  ring_.turn(false);
  other.reset();
  while (!one.ended()) ring_.turn(true);
  EXPECT_EQ(one.value(), std::thread::id{});
}

TEST_F(run_on_test, this_ring_is_the_ring_of_the_coroutine) {
  EXPECT_EQ(run(this_ring()), &ring_);
}

// GCC 12 would copy the temporary's strings byte by byte if the operation were an aggregate.
TEST_F(run_on_test, an_operation_may_be_a_temporary_of_the_await_expression) {
  EXPECT_EQ(run(quiet(perform(operation{}, deadline::never()))), 0);
}

}  // namespace
}  // namespace wf::io
