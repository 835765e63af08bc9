// The loop: what runs when, deadlines, cancellation, stale completions, posting, the end of run().
#include "waveforge/io/ring_context.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;

class ring_context_test : public test::scripted_ring_test {
 protected:
  /// Runs `work` on the loop's thread, where operations may be started.
  template <typename F>
  void on_loop(F work) {
    ring_.post(std::move(work));
    ring_.turn(false);
  }
  unique_function<void(std::int32_t)> into(std::vector<std::int32_t>& values) {
    return [&values](std::int32_t value) { values.push_back(value); };
  }

  std::vector<std::int32_t> values_;
};

TEST_F(ring_context_test, a_completion_is_delivered_from_the_loop_and_never_inside_start) {
  script_->answer(op_kind::nop, 7);
  bool inside = false;
  on_loop([&] {
    inside = true;
    ring_.start({}, deadline::never(), [&](std::int32_t value) {
      EXPECT_FALSE(inside);
      values_.push_back(value);
    });
    inside = false;
  });
  EXPECT_EQ(values_, std::vector{7});
  EXPECT_EQ(ring_.operations_open(), 0U);
}

TEST_F(ring_context_test, a_turn_that_goes_on_for_long_submits_what_it_has_started) {
  for (const auto copying : {std::chrono::microseconds{0}, std::chrono::microseconds{300}}) {
    std::vector<std::size_t> entered;
    const auto note = [&] { entered.push_back(script_->entered()); };
    ring_.post([&] {
      note();
      ring_.start({}, deadline::never(), into(values_));
    });
    ring_.post(note);
    ring_.post([&] { time_.advance(copying); });
    ring_.post(note);
    ring_.post(note);
    script_->answer(op_kind::nop, 1);
    ring_.turn(false);
    ASSERT_EQ(entered.size(), 4U);
    EXPECT_EQ(entered[1], entered[0]) << "there may be more to come";
    EXPECT_EQ(entered[2] - entered[0], copying.count() == 0 ? 0U : 1U);
    EXPECT_EQ(entered[3], entered[2]) << "nothing was started since";
  }
  EXPECT_EQ(values_, (std::vector{1, 1})) << "delivered from the loop";
}

TEST_F(ring_context_test, a_refused_wait_is_not_delivered_inside_start_either) {
  for (std::uint32_t i = 0; i < limits::operations_max; ++i) {
    on_loop([&] { ring_.start_external(deadline::never(), into(values_)); });
  }
  bool inside = true;
  std::int32_t refused = 0;
  on_loop([&] {
    const op_id id = ring_.start({}, deadline::never(), [&](std::int32_t value) {
      EXPECT_FALSE(inside);
      refused = value;
    });
    EXPECT_EQ(id, op_id{});
    inside = false;
  });
  EXPECT_EQ(refused, -ENOBUFS);
  EXPECT_EQ(script_->started(), 0U);
  on_loop([&] {
    for (std::uint32_t slot = 0; slot < limits::operations_max; ++slot) ring_.cancel({slot, 1});
  });
  settle();
  EXPECT_EQ(values_.size(), limits::operations_max);
}

TEST_F(ring_context_test, a_deadline_cancels_and_the_operation_ends_as_timed_out) {
  on_loop([&] { ring_.start({}, ring_.after(seconds{3}), into(values_)); });
  EXPECT_EQ(script_->cancels(), 0U);
  time_.advance(seconds{2});
  settle();
  EXPECT_TRUE(values_.empty());
  time_.advance(seconds{1});
  settle();
  EXPECT_EQ(values_, std::vector{-ETIMEDOUT});
  EXPECT_EQ(script_->cancels(), 1U);
}

TEST_F(ring_context_test, the_loop_waits_no_longer_than_to_the_next_deadline) {
  const steady_time begin = time_.now();
  on_loop([&] {
    ring_.start_external({begin + seconds{9}}, into(values_));
    ring_.start_external({begin + seconds{4}}, into(values_));
  });
  ring_.turn(true);
  EXPECT_EQ(time_.now(), begin + seconds{4});
  ring_.turn(true);
  EXPECT_EQ(time_.now(), begin + seconds{9});
  EXPECT_EQ(values_, (std::vector{-ETIMEDOUT, -ETIMEDOUT}));
}

TEST_F(ring_context_test, a_result_that_came_before_the_cancellation_took_hold_is_the_result) {
  script_->obey_cancel(false);
  on_loop([&] { ring_.start({}, ring_.after(seconds{1}), into(values_)); });
  time_.advance(seconds{1});
  settle();
  EXPECT_TRUE(script_->only().cancel_asked);
  EXPECT_TRUE(values_.empty());  // asked to end, and still the kernel's
  script_->complete(script_->only().id, 42);
  settle();
  EXPECT_EQ(values_, std::vector{42});
}

TEST_F(ring_context_test, a_completion_in_the_turn_of_its_deadline_wins) {
  on_loop([&] { ring_.start({}, ring_.after(seconds{1}), into(values_)); });
  script_->complete(script_->only().id, 5);
  time_.advance(seconds{1});
  settle();
  EXPECT_EQ(values_, std::vector{5});
  EXPECT_EQ(script_->cancels(), 0U);
}

TEST_F(ring_context_test, an_interrupted_worker_is_told_as_what_was_asked) {
  script_->obey_cancel(false);
  op_id first;
  on_loop([&] {
    first = ring_.start({}, deadline::never(), into(values_));
    ring_.start({}, ring_.after(seconds{1}), into(values_));
    ring_.cancel(first);
  });
  time_.advance(seconds{1});
  settle();
  const auto waiting = script_->open();
  for (const auto& one : waiting) script_->complete(one.id, -EINTR);
  settle();
  EXPECT_EQ(values_, (std::vector{-ECANCELED, -ETIMEDOUT}));
}

TEST_F(ring_context_test, an_error_of_an_operation_nobody_cancelled_is_passed_on) {
  on_loop([&] { ring_.start({}, deadline::never(), into(values_)); });
  script_->complete(script_->only().id, -EINTR);
  settle();
  EXPECT_EQ(values_, std::vector{-EINTR});
}

TEST_F(ring_context_test, cancelling_again_or_too_late_does_nothing) {
  op_id id;
  on_loop([&] {
    id = ring_.start({}, deadline::never(), into(values_));
    ring_.cancel(id);
    ring_.cancel(id);
  });
  settle();
  on_loop([&] { ring_.cancel(id); });
  EXPECT_EQ(script_->cancels(), 1U);
  EXPECT_EQ(values_, std::vector{-ECANCELED});
}

TEST_F(ring_context_test, cancelled_at_the_moment_it_completes_it_keeps_its_result) {
  op_id id;
  on_loop([&] { id = ring_.start({}, deadline::never(), into(values_)); });
  script_->complete(id, 3);
  // Reaped in this turn, and cancelled by a function that runs in the same turn before it is delivered.
  op_id other;
  on_loop([&] { other = ring_.start_external(deadline::never(), [&](std::int32_t) {}); });
  EXPECT_EQ(values_, std::vector{3});
  on_loop([&] {
    ring_.cancel(id);
    EXPECT_TRUE(ring_.complete_external(other, 0));
  });
  settle();
  EXPECT_EQ(values_, std::vector{3});
}

TEST_F(ring_context_test, an_external_wait_ends_once) {
  op_id id;
  on_loop([&] {
    id = ring_.start_external(ring_.after(seconds{1}), into(values_));
    EXPECT_TRUE(ring_.complete_external(id, 11));
    EXPECT_FALSE(ring_.complete_external(id, 12));
    ring_.cancel(id);
  });
  time_.advance(seconds{2});
  settle();
  EXPECT_EQ(values_, std::vector{11});
  on_loop([&] { EXPECT_FALSE(ring_.complete_external(id, 13)); });
}

TEST_F(ring_context_test, an_operation_with_more_to_come_keeps_its_slot) {
  auto owner = std::make_shared<int>(0);
  on_loop([&] {
    operation op;
    op.owner = owner;
    ring_.start(std::move(op), deadline::never(), into(values_));
  });
  const op_id id = script_->only().id;
  script_->complete(id, 1, true);
  script_->complete(id, 2, true);
  settle();
  EXPECT_EQ(values_, (std::vector{1, 2}));
  EXPECT_EQ(owner.use_count(), 2);
  script_->complete(id, 3, true);
  script_->complete(id, 4);
  settle();
  EXPECT_EQ(values_, (std::vector{1, 2, 3, 4}));
  EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(ring_context_test, what_a_slot_owns_lives_until_a_cancelled_operation_has_ended) {
  script_->obey_cancel(false);
  auto owner = std::make_shared<int>(0);
  on_loop([&] {
    operation op;
    op.owner = owner;
    ring_.cancel(ring_.start(std::move(op), deadline::never(), into(values_)));
  });
  settle();
  EXPECT_EQ(owner.use_count(), 2);
  script_->complete(script_->only().id, -ECANCELED);
  settle();
  EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(ring_context_test, functions_run_in_the_order_of_posting_and_newcomers_wait_their_turn) {
  std::string order;
  ring_.post([&] {
    order += 'a';
    ring_.post([&] { order += 'c'; });
  });
  ring_.post([&] { order += 'b'; });
  settle();
  EXPECT_EQ(order, "abc");
}

TEST_F(ring_context_test, run_returns_when_stopped_and_all_has_ended) {
  on_loop([&] { ring_.start({}, deadline::never(), into(values_)); });
  script_->answer(op_kind::nop, 1);
  ring_.stop();
  ring_.run();
  EXPECT_EQ(values_, std::vector{1});
  EXPECT_EQ(ring_.operations_open(), 0U);
}

TEST_F(ring_context_test, run_goes_on_after_stop_until_a_cancelled_operation_came_back) {
  script_->obey_cancel(false);
  on_loop([&] { ring_.cancel(ring_.start({}, ring_.after(seconds{1}), into(values_))); });
  ring_.stop();
  // The kernel answers in the third turn only; until then run() must not return. A timer lets the scripted time move.
  ring_.post([&] {
    ring_.start_external(ring_.after(seconds{5}),
                         [&](std::int32_t) { script_->complete(script_->only().id, -ECANCELED); });
  });
  ring_.run();
  EXPECT_EQ(values_, std::vector{-ECANCELED});
}

using ring_context_death = ring_context_test;

TEST_F(ring_context_death, a_stale_completion_ends_the_process) {
  on_loop([&] { ring_.start({}, deadline::never(), into(values_)); });
  const op_id id = script_->only().id;
  script_->complete(id, 1);
  settle();
  script_->complete(id, 1);
  EXPECT_DEATH(settle(), "this must hold");
  std::vector<completion> rest(8);
  (void)script_->reap(rest);
}

TEST_F(ring_context_death, destroying_a_context_with_an_open_operation_ends_the_process) {
  const auto leave_one_open = [&] {
    ring_context ring{kernel_, time_, std::make_unique<test::scripted_ring>(time_), "doomed"};
    ring.post([&] { ring.start({}, deadline::never(), [](std::int32_t) {}); });
    ring.turn(false);
  };
  EXPECT_DEATH(leave_one_open(), "this must hold");
}

TEST_F(ring_context_death, starting_from_another_thread_ends_the_process) {
  EXPECT_DEATH(ring_.start({}, deadline::never(), [](std::int32_t) {}), "this must hold");
}

}  // namespace
}  // namespace wf::io
