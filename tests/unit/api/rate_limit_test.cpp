// The token bucket: burst, delay, refusal, recovery, and a bound on what is remembered.
#include "waveforge/api/rate_limit.hpp"

#include <gtest/gtest.h>

namespace wf::api {
namespace {

using namespace std::chrono_literals;

session::session_id name(int number) {
  return session::session_id::parse("s" + std::to_string(number), session::id_format::token).value();
}

TEST(rate_limit, a_burst_passes_then_is_delayed_then_refused) {
  rate_limit limit{10, 3};
  const steady_time now{1h};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take(name(1), now).delay, 0s);
  for (int i = 1; i <= 10; ++i) {
    const rate_verdict verdict = limit.take(name(1), now);
    EXPECT_FALSE(verdict.refused);
    EXPECT_EQ(verdict.delay, i * 100ms);
  }
  const rate_verdict refused = limit.take(name(1), now);
  EXPECT_TRUE(refused.refused);
  EXPECT_EQ(refused.retry_after_seconds, 2U);
  EXPECT_FALSE(limit.take(name(2), now).refused);
}

TEST(rate_limit, a_refusal_takes_nothing) {
  rate_limit limit{1, 1};
  const steady_time now{1h};
  EXPECT_EQ(limit.take(name(1), now).delay, 0s);
  EXPECT_EQ(limit.take(name(1), now).delay, 1s);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limit.take(name(1), now).refused);
  EXPECT_EQ(limit.take(name(1), now + 2s).delay, 0s);
}

TEST(rate_limit, tokens_come_back_up_to_the_burst) {
  rate_limit limit{10, 3};
  const steady_time now{1h};
  for (int i = 0; i < 3; ++i) (void)limit.take(name(1), now);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take(name(1), now + 1min).delay, 0s);
  EXPECT_EQ(limit.take(name(1), now + 1min).delay, 100ms);
}

TEST(rate_limit, zero_is_no_limit) {
  rate_limit limit{0, 1};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.take(name(1), steady_time{1h}).delay, 0s);
  EXPECT_EQ(limit.sessions_remembered(), 0U);
}

TEST(rate_limit, memory_is_bounded_whatever_strangers_do) {
  rate_limit limit{1, 1};
  for (int i = 0; i < 100'000; ++i) (void)limit.take(name(i), steady_time{1h});
  EXPECT_LE(limit.sessions_remembered(), rate_limit::stripe_count * rate_limit::stripe_sessions_max);
}

}  // namespace
}  // namespace wf::api
