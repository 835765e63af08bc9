// Buffers: lent in order, handed on without anybody stepping in between, registered as far as allowed.
#include "waveforge/io/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"
#include "waveforge/io/task_scope.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;
using test::running;

task<buffer_lease> take_quietly(buffer_pool& pool, deadline until) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_return co_await pool.take(until);
}

class buffer_pool_test : public test::scripted_ring_test {
 protected:
  /// Leases are given back on the loop's thread.
  void give_back(buffer_lease& lease) {
    ring_.post([&lease] { lease.reset(); });
    ring_.turn(false);
    settle();
  }
};

TEST_F(buffer_pool_test, buffers_are_apart_aligned_and_writable) {
  buffer_pool pool{ring_, 3, 8192};
  std::vector<buffer_lease> all;
  std::set<const std::byte*> addresses;
  for (int i = 0; i < 3; ++i) {
    all.push_back(pool.try_take());
    ASSERT_TRUE(all.back());
    EXPECT_EQ(all.back()->bytes.size(), 8192U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all.back()->bytes.data()) % 4096, 0U);
    std::memset(all.back()->bytes.data(), 0x55, all.back()->bytes.size());
    addresses.insert(all.back()->bytes.data());
  }
  EXPECT_EQ(addresses.size(), 3U);
  EXPECT_EQ(pool.in_use(), 3U);
  EXPECT_EQ(pool.try_take(), nullptr);
  EXPECT_EQ(pool.buffer_bytes(), 8192U);
  all.clear();
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(buffer_pool_test, a_copy_of_the_lease_keeps_the_buffer_out) {
  buffer_pool pool{ring_, 1, 4096};
  buffer_lease lease = pool.try_take();
  const std::shared_ptr<void> owner = lease;
  lease.reset();
  EXPECT_EQ(pool.try_take(), nullptr);
}

TEST_F(buffer_pool_test, who_waits_is_served_in_order) {
  buffer_pool pool{ring_, 1, 4096};
  buffer_lease held = pool.try_take();
  running<buffer_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  running<buffer_lease> two{ring_, take_quietly(pool, deadline::never())};
  settle();
  give_back(held);
  ASSERT_TRUE(one.ended());
  EXPECT_FALSE(two.ended());
  buffer_lease first = one.value();
  ASSERT_TRUE(first);
  give_back(first);
  ASSERT_TRUE(two.ended());
  buffer_lease second = two.value();
  ASSERT_TRUE(second);
  give_back(second);
}

// Between the giving back and the waiter's next step somebody else asks: the waiter was first.
TEST_F(buffer_pool_test, nobody_overtakes_a_waiter) {
  buffer_pool pool{ring_, 1, 4096};
  buffer_lease held = pool.try_take();
  running<buffer_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  ring_.post([&] {
    held.reset();
    EXPECT_EQ(pool.try_take(), nullptr);
  });
  settle();
  ASSERT_TRUE(one.ended());
  buffer_lease lease = one.value();
  EXPECT_TRUE(lease);
  give_back(lease);
}

TEST_F(buffer_pool_test, a_wait_ends_at_its_deadline_and_leaves_the_queue) {
  buffer_pool pool{ring_, 1, 4096};
  buffer_lease held = pool.try_take();
  EXPECT_EQ(run(take_quietly(pool, ring_.after(seconds{1}))), nullptr);
  give_back(held);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(buffer_pool_test, a_wait_cancelled_while_waiting_leaves_the_queue) {
  buffer_pool pool{ring_, 1, 4096};
  buffer_lease held = pool.try_take();
  running<buffer_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value(), nullptr);
  give_back(held);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(buffer_pool_test, a_wait_cancelled_in_the_turn_in_which_it_is_served_gets_its_buffer) {
  buffer_pool pool{ring_, 1, 4096};
  buffer_lease held = pool.try_take();
  running<buffer_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  ring_.post([&] {
    held.reset();
    one.cancel();
  });
  settle();
  ASSERT_TRUE(one.ended());
  buffer_lease lease = one.value();
  EXPECT_TRUE(lease);
  give_back(lease);
}

TEST_F(buffer_pool_test, a_waiter_that_gave_up_in_the_same_turn_is_passed_over) {
  buffer_pool pool{ring_, 1, 4096};
  buffer_lease held = pool.try_take();
  running<buffer_lease> one{ring_, take_quietly(pool, deadline::never())};
  running<buffer_lease> two{ring_, take_quietly(pool, deadline::never())};
  settle();
  ring_.post([&] {
    one.cancel();
    held.reset();
  });
  settle();
  ASSERT_TRUE(one.ended() && two.ended());
  EXPECT_EQ(one.value(), nullptr);
  buffer_lease lease = two.value();
  EXPECT_TRUE(lease);
  give_back(lease);
}

task<int> cancelled_twice(buffer_pool& pool) {
  co_await asio::this_coro::throw_if_cancelled(false);
  (void)co_await sleep_until(deadline::never());
  const buffer_lease lease = co_await pool.take(deadline::never());
  co_return lease ? 1 : 0;
}

TEST_F(buffer_pool_test, a_cancelled_coroutine_gets_none) {
  buffer_pool pool{ring_, 1, 4096};
  running<int> one{ring_, cancelled_twice(pool)};
  settle();
  one.cancel();
  settle();
  EXPECT_EQ(one.value(), 0);
}

task<void> use_some(buffer_pool& pool, int rounds, int& done) {
  for (int i = 0; i < rounds; ++i) {
    const buffer_lease lease = co_await pool.take(deadline::never());
    if (!lease) co_return;
    co_await yield();
  }
  ++done;
}

TEST_F(buffer_pool_test, many_coroutines_share_few_buffers) {
  buffer_pool pool{ring_, 3, 4096};
  task_scope scope{ring_};
  int done = 0;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(scope.spawn(use_some(pool, 20, done)));
  EXPECT_TRUE(run(scope.join(deadline::never())));
  EXPECT_EQ(done, 40);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(buffer_pool_test, registers_as_many_as_it_may) {
  script_->register_at_most(5);
  buffer_pool pool{ring_, 16, 4096};
  EXPECT_EQ(pool.registered_count(), 4U);  // 16, 8, 4
  int registered = 0;
  std::vector<buffer_lease> all;
  while (buffer_lease lease = pool.try_take()) {
    EXPECT_EQ(lease->registered, lease->index < 4);
    registered += lease->registered ? 1 : 0;
    all.push_back(std::move(lease));
  }
  EXPECT_EQ(registered, 4);
}

TEST_F(buffer_pool_test, one_for_memory_only_registers_none) {
  buffer_pool pool{ring_, 4, 4096, buffer_use::memory_only};
  EXPECT_EQ(pool.registered_count(), 0U);
}

using buffer_pool_real_test = test::real_ring;

TEST_F(buffer_pool_real_test, one_pool_of_a_ring_has_the_registered_buffers) {
  buffer_pool first{ring_, 2, 4096};
  if (first.registered_count() == 0) GTEST_SKIP() << "RLIMIT_MEMLOCK allows no registered buffer";
  buffer_pool second{ring_, 2, 4096};
  EXPECT_EQ(second.registered_count(), 0U);
}

using buffer_pool_death = buffer_pool_test;

TEST_F(buffer_pool_death, destroying_it_before_its_leases_ends_the_process) {
  const auto leave_one = [&] {
    buffer_lease lease;
    buffer_pool pool{ring_, 1, 4096};
    lease = pool.try_take();
  };
  EXPECT_DEATH(leave_one(), "this must hold");
}

}  // namespace
}  // namespace wf::io
