// Proves that below what must stay free nothing new is taken, that what was begun keeps its room, and that the answer
// is looked up again after a moment.
#include "waveforge/store/space_guard.hpp"

#include <gtest/gtest.h>

#include "support/manual_clock.hpp"
#include "support/watched_kernel.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {
namespace {

class no_random final : public random_source {
 public:
  void fill(std::span<std::byte>) noexcept override {}
};

class SpaceGuard : public testing::Test {
 protected:
  void free_is(std::uint64_t available, std::uint64_t total = 1_GiB) {
    kernel_.say_free(io::space{available, total});
    time_.advance(std::chrono::milliseconds{101});
  }
  test::watched_kernel kernel_;
  test::manual_clock time_;
  no_random random_;
  null_logger log_;
  null_metrics count_;
  environment world_{kernel_, time_, random_, log_, count_};
  io::directory root_{io::descriptor{kernel_, -1}};
  free_floor floor_{0.05, 0};
  space_guard guard_{world_, floor_, root_};
};

TEST_F(SpaceGuard, KeepsTheLargerOfBothFloorsFree) {
  free_is(1_GiB);
  EXPECT_EQ(guard_.floor_bytes(), 1_GiB / 20);
  floor_.bytes = 100_MiB;
  space_guard other{world_, floor_, root_};
  EXPECT_EQ(other.floor_bytes(), 100_MiB);
}

TEST_F(SpaceGuard, TakesWhatFitsAboveTheFloorAndNothingBelowIt) {
  const std::uint64_t floor = 1_GiB / 20;
  free_is(floor + 10_MiB);
  EXPECT_TRUE(guard_.room_for(10_MiB));
  EXPECT_EQ(guard_.room_for(10_MiB + 1).error().code, errc::no_space);
  free_is(floor);
  EXPECT_TRUE(guard_.room_for(0));
  free_is(floor - 1);
  EXPECT_EQ(guard_.room_for(0).error().code, errc::no_space) << "nothing new, however small";
}

TEST_F(SpaceGuard, LooksAgainAfterAMomentAndNotBefore) {
  free_is(1_GiB);
  ASSERT_TRUE(guard_.room_for(0));
  kernel_.say_free(io::space{0, 1_GiB});
  EXPECT_TRUE(guard_.room_for(0));
  time_.advance(std::chrono::milliseconds{101});
  EXPECT_FALSE(guard_.room_for(0));
  free_is(1_GiB);
  EXPECT_TRUE(guard_.room_for(0)) << "it opens again by itself";
}

TEST_F(SpaceGuard, ACreationIsRefusedWhereWhatWasBegunNeedsTheRoom) {
  free_is(1_GiB / 20 + 10_MiB);
  space_guard::share begun;
  begun.add(guard_, 8_MiB);
  EXPECT_EQ(guard_.reserved_bytes(), 8_MiB);
  EXPECT_TRUE(guard_.room_to_create(2_MiB));
  EXPECT_FALSE(guard_.room_to_create(2_MiB + 1));
  EXPECT_TRUE(guard_.room_for(10_MiB)) << "the bytes themselves are what the room is kept for";
  begun.take(8_MiB);
  EXPECT_TRUE(guard_.room_to_create(10_MiB));
}

TEST_F(SpaceGuard, AShareGoesWithItsSessionAndNeverGivesBackMoreThanItHas) {
  {
    space_guard::share mine;
    space_guard::share other;
    mine.add(guard_, 100);
    other.add(guard_, 50);
    mine.take(1'000);
    EXPECT_EQ(guard_.reserved_bytes(), 50U);
    mine.take(1);
    EXPECT_EQ(guard_.reserved_bytes(), 50U);
  }
  EXPECT_EQ(guard_.reserved_bytes(), 0U);
}

}  // namespace
}  // namespace wf::store
