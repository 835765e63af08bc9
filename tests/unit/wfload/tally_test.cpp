// Failures are counted by what they are, and wrong or lost bytes apart from the rest.
#include "wfload/tally.hpp"

#include <gtest/gtest.h>

namespace wf::load {
namespace {

TEST(tally, troubles_that_differ_in_numbers_are_one) {
  tally of;
  of.fail("patch: 409 offset is 5, not 7");
  of.fail("patch: 409 offset is 50, not 71");
  of.fail("patch: 500 disk");
  of.fail("mismatch: x differs at 3");
  EXPECT_EQ(of.troubles.size(), 3U);
  EXPECT_EQ(of.failures, 4U);
  EXPECT_EQ(of.mismatches, 1U);
  EXPECT_TRUE(of.troubles.contains("patch: 409 offset is N, not N"));
}

}  // namespace
}  // namespace wf::load
