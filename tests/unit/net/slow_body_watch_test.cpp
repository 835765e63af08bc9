// The minimum rate of a body: only time spent waiting counts, window by window.
#include "waveforge/net/slow_body_watch.hpp"

#include <gtest/gtest.h>

namespace wf::net {
namespace {

using namespace std::chrono_literals;

TEST(slow_body_watch, judges_only_when_a_window_of_waiting_is_full) {
  slow_body_watch watch{100, 60s};
  EXPECT_TRUE(watch.allows(59s, 0));
  EXPECT_FALSE(watch.allows(1s, 99));
}

TEST(slow_body_watch, every_window_needs_its_own_bytes) {
  slow_body_watch watch{100, 60s};
  EXPECT_TRUE(watch.allows(60s, 1'000));
  EXPECT_TRUE(watch.allows(60s, 1'100));
  EXPECT_FALSE(watch.allows(60s, 1'199));
}

TEST(slow_body_watch, time_we_needed_ourselves_is_not_told_and_does_not_count) {
  slow_body_watch watch{100, 60s};
  for (int piece = 0; piece < 1'000; ++piece) EXPECT_TRUE(watch.allows(0s, 1));
}

}  // namespace
}  // namespace wf::net
