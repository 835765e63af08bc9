// A scope counts its children, refuses new ones when closed, cancels each by its own signal and waits for the last.
#include "waveforge/io/task_scope.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;
using test::running;

task<void> wait_for_end(std::vector<std::int32_t>& ends) {
  const std::int32_t value = co_await perform(operation{}, deadline::never());
  ends.push_back(value);
}

task<void> note(std::string& out, char letter) {
  out += letter;
  co_return;
}

class task_scope_test : public test::scripted_ring_test {
 protected:
  void on_loop(unique_function<void()> work) {
    ring_.post(std::move(work));
    ring_.turn(false);
  }
  std::vector<std::int32_t> ends_;
};

TEST_F(task_scope_test, a_child_first_runs_after_its_parent_suspends) {
  task_scope scope{ring_};
  std::string order;
  on_loop([&] {
    ASSERT_TRUE(scope.spawn(note(order, 'b')));
    order += 'a';
  });
  settle();
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(scope.size(), 0U);
}

TEST_F(task_scope_test, close_cancels_every_child_and_waits) {
  task_scope scope{ring_};
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  settle();
  EXPECT_EQ(scope.size(), 5U);
  run(scope.close());
  EXPECT_EQ(ends_, std::vector<std::int32_t>(5, -ECANCELED));
  EXPECT_EQ(scope.size(), 0U);
  EXPECT_TRUE(scope.closed());
}

TEST_F(task_scope_test, a_closed_scope_refuses) {
  task_scope scope{ring_};
  run(scope.close());
  std::string order;
  EXPECT_FALSE(scope.spawn(note(order, 'x')));
  settle();
  EXPECT_EQ(order, "");
  run(scope.close());  // again
}

TEST_F(task_scope_test, close_waits_for_a_child_that_is_slow_to_end) {
  script_->obey_cancel(false);
  task_scope scope{ring_};
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  settle();
  bool closed = false;
  on_loop([&] { asio::co_spawn(ring_.get_executor(), scope.close(), [&](std::exception_ptr) { closed = true; }); });
  settle();
  EXPECT_FALSE(closed);
  EXPECT_EQ(scope.size(), 1U);
  script_->complete(script_->only().id, 3);
  settle();
  EXPECT_TRUE(closed);
  EXPECT_EQ(ends_, std::vector{3});
}

TEST_F(task_scope_test, a_child_cancelled_before_it_began_runs_and_finds_itself_cancelled) {
  task_scope scope{ring_};
  on_loop([&] {
    ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
    scope.cancel_all();
  });
  settle();
  EXPECT_EQ(ends_, std::vector{-ECANCELED});
  EXPECT_EQ(script_->started(), 0U);
}

TEST_F(task_scope_test, cancel_all_spares_later_children) {
  task_scope scope{ring_};
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  settle();
  on_loop([&] { scope.cancel_all(); });
  settle();
  EXPECT_EQ(ends_, std::vector{-ECANCELED});
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  script_->answer(op_kind::nop, 2);
  settle();
  EXPECT_EQ(ends_, (std::vector{-ECANCELED, 2}));
}

TEST_F(task_scope_test, cancelled_in_the_turn_in_which_it_ends) {
  task_scope scope{ring_};
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  settle();
  script_->complete(script_->only().id, 1);
  on_loop([&] { scope.cancel_all(); });
  settle();
  EXPECT_EQ(ends_, std::vector{1});
  EXPECT_EQ(scope.size(), 0U);
}

task<void> cancel_own_scope(task_scope& scope, std::vector<std::int32_t>& ends) {
  scope.cancel_all();
  const std::int32_t value = co_await perform(operation{}, deadline::never());
  ends.push_back(value);
}

TEST_F(task_scope_test, a_child_may_cancel_its_own_scope) {
  task_scope scope{ring_};
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  settle();
  ASSERT_TRUE(scope.spawn(cancel_own_scope(scope, ends_)));
  settle();
  EXPECT_EQ(ends_, (std::vector{-ECANCELED, -ECANCELED}));
}

TEST_F(task_scope_test, join_waits_without_cancelling) {
  task_scope scope{ring_};
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  script_->answer(op_kind::nop, 6);
  EXPECT_TRUE(run(scope.join(deadline::never())));
  EXPECT_EQ(ends_, std::vector{6});
  EXPECT_TRUE(scope.closed());
}

TEST_F(task_scope_test, join_gives_up_at_its_deadline) {
  task_scope scope{ring_};
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  EXPECT_FALSE(run(scope.join(ring_.after(seconds{2}))));
  EXPECT_EQ(scope.size(), 1U);
  run(scope.close());
}

TEST_F(task_scope_test, join_gives_up_when_its_caller_is_cancelled) {
  task_scope scope{ring_};
  task_scope outer{ring_};
  ASSERT_TRUE(scope.spawn(wait_for_end(ends_)));
  bool joined = true;
  struct joining {
    static task<void> run(task_scope& of, bool& joined) { joined = co_await of.join(deadline::never()); }
  };
  ASSERT_TRUE(outer.spawn(joining::run(scope, joined)));
  settle();
  on_loop([&] { outer.cancel_all(); });
  settle();
  EXPECT_FALSE(joined);
  run(outer.close());
  run(scope.close());
}

task<void> own_a_scope(ring_context& ring, std::vector<std::int32_t>& ends) {
  task_scope inner{ring};
  (void)inner.spawn(wait_for_end(ends));
  (void)inner.spawn(wait_for_end(ends));
  (void)co_await sleep_until(deadline::never());
  co_await inner.close();
  ends.push_back(1);
}

// The parent is cancelled itself when it closes its scope: the wait for the children must not end early for that.
TEST_F(task_scope_test, a_cancelled_parent_still_waits_for_its_children) {
  script_->obey_cancel(false);
  task_scope outer{ring_};
  ASSERT_TRUE(outer.spawn(own_a_scope(ring_, ends_)));
  settle();
  on_loop([&] { outer.cancel_all(); });
  settle();
  EXPECT_TRUE(ends_.empty());
  const auto waiting = script_->open();
  ASSERT_EQ(waiting.size(), 2U);
  for (const auto& one : waiting) {
    EXPECT_TRUE(one.cancel_asked);
    script_->complete(one.id, -ECANCELED);
  }
  settle();
  EXPECT_EQ(ends_, (std::vector{-ECANCELED, -ECANCELED, 1}));
  run(outer.close());
}

task<void> spawn_more(task_scope& scope, int depth, int& ended) {
  if (depth > 0) {
    (void)scope.spawn(spawn_more(scope, depth - 1, ended));
    (void)scope.spawn(spawn_more(scope, depth - 1, ended));
  }
  co_await yield();
  ++ended;
}

TEST_F(task_scope_test, children_may_spawn_siblings) {
  task_scope scope{ring_};
  int ended = 0;
  ASSERT_TRUE(scope.spawn(spawn_more(scope, 6, ended)));
  settle();
  EXPECT_EQ(scope.size(), 0U);
  EXPECT_EQ(ended, 127);  // 2^7 - 1: every one of them
}

task<void> fail_with_exception() {
  throw std::runtime_error{"our own mistake"};
  co_return;
}

using task_scope_death = task_scope_test;

TEST_F(task_scope_death, an_exception_that_leaves_a_child_ends_the_process) {
  task_scope scope{ring_};
  const auto run_it = [&] {
    (void)scope.spawn(fail_with_exception());
    settle();
  };
  EXPECT_DEATH(run_it(), "this must hold");
}

TEST_F(task_scope_death, destroying_a_scope_with_children_ends_the_process) {
  const auto leave_one = [&] {
    task_scope scope{ring_};
    (void)scope.spawn(wait_for_end(ends_));
    settle();
  };
  EXPECT_DEATH(leave_one(), "this must hold");
}

}  // namespace
}  // namespace wf::io
