// Times are told as RFC 3339 says, with every field at its fixed width, at both ends of the calendar too.
#include "waveforge/base/rfc3339.hpp"

#include <gtest/gtest.h>

namespace wf {
namespace {

using namespace std::chrono;

TEST(Rfc3339, TellsEveryFieldAtItsWidth) {
  EXPECT_EQ(to_rfc3339(utc_time{}), "1970-01-01T00:00:00.000Z");
  const utc_time at = sys_days{year{2026} / March / 4} + 5h + 6min + 7s + 89ms;
  EXPECT_EQ(to_rfc3339(at), "2026-03-04T05:06:07.089Z");
  EXPECT_EQ(to_rfc3339(sys_days{year{2024} / February / 29} + 23h + 59min + 59s + 999ms), "2024-02-29T23:59:59.999Z");
}

TEST(Rfc3339, CountsBackFromTheEpoch) {
  EXPECT_EQ(to_rfc3339(utc_time{-1ms}), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, ClampsWhatFourDigitsCannotTell) {
  EXPECT_EQ(to_rfc3339(utc_time::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(utc_time::min()), "0000-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace wf
