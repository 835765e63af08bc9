// An event count: no notification after the ticket is lost, whichever thread it comes from.
#include "waveforge/io/notifier.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"
#include "waveforge/io/task_scope.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;
using test::running;

task<std::int32_t> wait_quietly(notifier& changed, std::uint64_t seen, deadline until) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::int32_t value = co_await changed.wait(seen, until);
  co_return value;
}

class notifier_test : public test::scripted_ring_test {
 protected:
  void on_loop(unique_function<void()> work) {
    ring_.post(std::move(work));
    ring_.turn(false);
  }
  notifier changed_;
};

TEST_F(notifier_test, a_notification_between_ticket_and_wait_is_not_lost) {
  const std::uint64_t seen = changed_.ticket();
  changed_.notify_all();
  EXPECT_EQ(run(changed_.wait(seen, deadline::never())), 0);
}

TEST_F(notifier_test, a_notification_before_the_ticket_is_past) {
  changed_.notify_all();
  EXPECT_EQ(run(changed_.wait(changed_.ticket(), ring_.after(seconds{1}))), -ETIMEDOUT);
}

TEST_F(notifier_test, wakes_everyone_who_waits) {
  running<std::int32_t> one{ring_, wait_quietly(changed_, 0, deadline::never())};
  running<std::int32_t> two{ring_, wait_quietly(changed_, 0, deadline::never())};
  settle();
  on_loop([&] { changed_.notify_all(); });
  settle();
  ASSERT_TRUE(one.ended() && two.ended());
  EXPECT_EQ(one.value(), 0);
  EXPECT_EQ(two.value(), 0);
}

TEST_F(notifier_test, a_wait_ends_at_its_deadline) {
  EXPECT_EQ(run(changed_.wait(0, ring_.after(seconds{2}))), -ETIMEDOUT);
}

TEST_F(notifier_test, a_wait_cancelled_while_waiting) {
  running<std::int32_t> one{ring_, wait_quietly(changed_, 0, deadline::never())};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ECANCELED);
}

TEST_F(notifier_test, a_wait_cancelled_in_the_turn_of_the_notification_was_notified) {
  running<std::int32_t> one{ring_, wait_quietly(changed_, 0, deadline::never())};
  settle();
  on_loop([&] {
    changed_.notify_all();
    one.cancel();
  });
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), 0);
}

TEST_F(notifier_test, a_wait_cancelled_before_it_is_begun) {
  struct twice {
    static task<std::int32_t> wait(notifier& changed) {
      co_await asio::this_coro::throw_if_cancelled(false);
      (void)co_await changed.wait(0, deadline::never());
      const std::int32_t value = co_await changed.wait(0, deadline::never());
      co_return value;
    }
  };
  running<std::int32_t> one{ring_, twice::wait(changed_)};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), -ECANCELED);
}

TEST_F(notifier_test, an_uninterrupted_wait_ends_only_when_notified) {
  struct uninterrupted {
    static task<std::int32_t> wait(notifier& changed) {
      co_await asio::this_coro::throw_if_cancelled(false);
      co_await changed.wait_uninterrupted(0);
      co_return 1;
    }
  };
  running<std::int32_t> one{ring_, uninterrupted::wait(changed_)};
  settle();
  one.cancel();
  settle();
  EXPECT_FALSE(one.ended());
  on_loop([&] { changed_.notify_all(); });
  settle();
  EXPECT_TRUE(one.ended());
}

using notifier_death = notifier_test;

TEST_F(notifier_death, destroying_it_before_its_waiters_ends_the_process) {
  const auto leave_one = [&] {
    notifier short_lived;
    running<std::int32_t> one{ring_, wait_quietly(short_lived, 0, deadline::never())};
    settle();
    short_lived.~notifier();
  };
  EXPECT_DEATH(leave_one(), "this must hold");
}

// The pattern of the header, between a thread that counts up and coroutines of two rings that must see every value
// reached. A lost notification would hang it.
class counted {
 public:
  void count_up() {
    {
      const std::lock_guard lock{mutex_};
      ++value_;
    }
    changed_.notify_all();
  }
  task<void> follow(int last) {
    for (;;) {
      std::uint64_t seen = 0;
      {
        const std::lock_guard lock{mutex_};
        if (value_ >= last) co_return;
        seen = changed_.ticket();
      }
      (void)co_await changed_.wait(seen, deadline::never());
    }
  }

 private:
  std::mutex mutex_;
  int value_{0};
  notifier changed_;
};

TEST(notifier_threads, no_wake_up_is_lost_between_threads) {
  constexpr int last = 3'000;
  constexpr std::size_t rings = 2;
  constexpr int followers = 8;
  test::machine_clock time;
  counted number;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < rings; ++i) {
    threads.emplace_back([&] {
      ring_context ring{real_kernel(), time, real_kernel().make_ring(64).value(), "follower"};
      task_scope scope{ring};
      for (int follower = 0; follower < followers; ++follower) ASSERT_TRUE(scope.spawn(number.follow(last)));
      EXPECT_TRUE(test::run_on_ring(ring, scope.join(deadline::never())));
    });
  }
  for (int i = 0; i < last; ++i) number.count_up();
  for (auto& thread : threads) thread.join();
}

// The waiter destroys the notifier as soon as it was notified, while notify_all may still be on its way out.
TEST(notifier_threads, may_be_destroyed_by_the_waiter_it_woke) {
  test::machine_clock time;
  ring_context ring{real_kernel(), time, real_kernel().make_ring(8).value(), "waiter"};
  for (int round = 0; round < 300; ++round) {
    auto done = std::make_unique<notifier>();
    running<std::int32_t> one{ring, wait_quietly(*done, 0, deadline::never())};
    ring.turn(false);
    std::thread other{[&changed = *done] { changed.notify_all(); }};
    while (!one.ended()) ring.turn(true);
    done.reset();
    other.join();
  }
}

}  // namespace
}  // namespace wf::io
