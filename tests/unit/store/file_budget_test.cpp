// Proves that no more descriptors are open than the budget has, that those who wait are served in their order or told
// that there is no room, and that whoever closes files hears of it in time.
#include "waveforge/store/file_budget.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "support/ring_fixture.hpp"

namespace wf::store {
namespace {

using namespace std::chrono_literals;

class FileBudget : public test::real_ring {
 protected:
  using permit = file_budget::permit;

  permit take(std::uint32_t count) {
    auto got = run(budget_.take(count, io::deadline::never()));
    EXPECT_TRUE(got);
    return got ? std::move(*got) : permit{};
  }
  void turn() {
    for (int turns = 0; turns < 5; ++turns) ring_.turn(false);
  }
  file_budget budget_{16};
};

TEST_F(FileBudget, CountsWhatIsOpenUntilThePermitGoes) {
  {
    permit first = take(4);
    permit moved = std::move(first);
    EXPECT_EQ(budget_.open(), 4U);
    moved = take(2);
    EXPECT_EQ(budget_.open(), 2U);
    const permit part = budget_.part_of(moved, 2);
    const permit more = budget_.part_of(moved, 1);
    EXPECT_EQ(budget_.open(), 3U) << "what was taken, and one that it fell short of";
  }
  EXPECT_EQ(budget_.open(), 0U);
}

TEST_F(FileBudget, WhoeverFindsItFullWaitsUntilSomethingCloses) {
  std::optional<permit> all{take(16)};
  test::running waits{ring_, budget_.take(4, io::deadline::never())};
  turn();
  EXPECT_FALSE(waits.ended());
  all.reset();
  while (!waits.ended()) ring_.turn(true);
  const auto got = waits.value();
  EXPECT_TRUE(got);
  EXPECT_EQ(budget_.open(), 4U);
}

TEST_F(FileBudget, ThoseWhoWaitAreServedInTheirOrderAndNobodyPassesThem) {
  std::optional<permit> most{take(12)};
  std::optional<permit> some{take(2)};
  test::running large{ring_, budget_.take(8, io::deadline::never())};
  turn();
  test::running small{ring_, budget_.take(1, io::deadline::never())};
  turn();
  EXPECT_FALSE(small.ended()) << "there would be room, but somebody else waited first";
  some.reset();
  turn();
  EXPECT_FALSE(large.ended());
  EXPECT_FALSE(small.ended());
  most.reset();
  while (!large.ended() || !small.ended()) ring_.turn(true);
  EXPECT_EQ(budget_.open(), 9U);
}

TEST_F(FileBudget, WhoeverWaitsTooLongIsToldAndMakesWayForOthers) {
  const permit most = take(14);
  test::running large{ring_, budget_.take(8, ring_.after(20ms))};
  turn();
  test::running small{ring_, budget_.take(2, io::deadline::never())};
  while (!large.ended() || !small.ended()) ring_.turn(true);
  EXPECT_EQ(large.value().error().code, errc::unavailable);
  const auto got = small.value();
  EXPECT_TRUE(got);
  EXPECT_EQ(budget_.open(), 16U);
}

TEST_F(FileBudget, WhatCannotWaitIsTakenAndKeepsOthersOut) {
  std::optional<permit> all{take(16)};
  std::optional<permit> more{budget_.take_now(4)};
  EXPECT_EQ(budget_.open(), 20U);
  all.reset();
  EXPECT_EQ(budget_.open(), 4U);
  more.reset();
  const permit alone = take(40);
  EXPECT_EQ(budget_.open(), 40U) << "more than there ever is, when nothing else is open: it would wait for ever";
}

TEST_F(FileBudget, TellsWhenFilesShouldBeClosed) {
  auto told = [this, seen = std::uint64_t{0}]() mutable {
    const std::uint64_t before = std::exchange(seen, budget_.crowded().ticket());
    return seen != before;
  };
  const permit some = take(13);
  EXPECT_FALSE(told());
  EXPECT_FALSE(budget_.is_crowded());
  const permit last = take(1);
  EXPECT_TRUE(told()) << "before anybody has to wait";
  EXPECT_TRUE(budget_.is_crowded());
  const permit more = take(2);
  EXPECT_FALSE(told()) << "once";
  budget_.session_fell_idle();
  EXPECT_FALSE(told()) << "nobody waits";
  test::running waits{ring_, budget_.take(1, io::deadline::never())};
  turn();
  EXPECT_TRUE(told());
  budget_.session_fell_idle();
  EXPECT_TRUE(told());
  waits.cancel();
  while (!waits.ended()) ring_.turn(true);
  budget_.session_fell_idle();
  EXPECT_FALSE(told());
}

}  // namespace
}  // namespace wf::store
