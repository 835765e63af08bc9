// Proves when a failed assembly is tried again: after pauses that double, or as soon as there is room for it.
#include "waveforge/store/failed_assemblies.hpp"

#include <gtest/gtest.h>

#include "waveforge/base/limits.hpp"

namespace wf::store {
namespace {

using std::chrono::seconds;

session::session_id id_of(std::string_view text) {
  return session::session_id::parse(text, session::id_format::token).value();
}

class FailedAssemblies : public testing::Test {
 protected:
  /// Whether it is due within so many seconds from now, to the second: the pause it has.
  seconds pause_of(const session::session_id& id) {
    for (seconds waited{0};; ++waited) {
      const auto due = failed_.take_due(now_ + waited, [this](std::uint64_t bytes) { return bytes <= room_bytes_; });
      if (!due.empty()) {
        EXPECT_EQ(due.front(), id);
        now_ += waited;
        return waited;
      }
    }
  }
  std::vector<session::session_id> due() {
    return failed_.take_due(now_, [this](std::uint64_t bytes) { return bytes <= room_bytes_; });
  }
  failed_assemblies failed_;
  steady_time now_{};
  std::uint64_t room_bytes_{1'000};
  session::session_id one_{id_of("one")};
  session::session_id two_{id_of("two")};
};

TEST_F(FailedAssemblies, EachFailureInARowDoublesThePauseUpToTenMinutes) {
  for (const int wanted : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600}) {
    ASSERT_TRUE(failed_.add(one_, std::nullopt, now_));
    EXPECT_EQ(pause_of(one_), seconds{wanted});
  }
  failed_.forget(one_);
  ASSERT_TRUE(failed_.add(one_, std::nullopt, now_));
  EXPECT_EQ(pause_of(one_), seconds{1}) << "it had come to its end meanwhile";
}

TEST_F(FailedAssemblies, WhatIsDueIsTakenOnce) {
  ASSERT_TRUE(failed_.add(one_, std::nullopt, now_));
  EXPECT_TRUE(failed_.waits(one_));
  (void)pause_of(one_);
  EXPECT_FALSE(failed_.waits(one_));
  now_ += seconds{1'000};
  EXPECT_TRUE(due().empty());
  failed_.put_back(one_, now_);
  EXPECT_EQ(pause_of(one_), seconds{1}) << "it was not tried, so it did not fail";
}

TEST_F(FailedAssemblies, WhatWaitsForRoomIsDueAsSoonAsThereIsSome) {
  room_bytes_ = 99;
  for (int failures = 0; failures < 5; ++failures) ASSERT_TRUE(failed_.add(one_, 100, now_));
  now_ += seconds{1'000};
  EXPECT_TRUE(due().empty());
  room_bytes_ = 100;
  EXPECT_EQ(due().size(), 1U);
}

TEST_F(FailedAssemblies, WhereThereSeemsToBeRoomThePauseCounts) {
  ASSERT_TRUE(failed_.add(one_, 100, now_));
  EXPECT_TRUE(due().empty()) << "a quota, perhaps: the file system says nothing of it";
  EXPECT_EQ(pause_of(one_), seconds{1});
}

TEST_F(FailedAssemblies, NoMoreAreDueThanThereIsRoomFor) {
  ASSERT_TRUE(failed_.add(one_, 600, now_));
  ASSERT_TRUE(failed_.add(two_, 600, now_));
  now_ += seconds{10};
  const auto first = due();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(due().empty()) << "the first is still taking its room";
  failed_.forget(first.front());
  room_bytes_ = 400;
  EXPECT_TRUE(due().empty());
  room_bytes_ = 600;
  EXPECT_EQ(due().size(), 1U);
}

TEST_F(FailedAssemblies, RemembersSoManyAndNoMore) {
  for (std::uint32_t i = 0; i < limits::failed_assemblies_max; ++i) {
    ASSERT_TRUE(failed_.add(id_of("s" + std::to_string(i)), std::nullopt, now_));
  }
  EXPECT_FALSE(failed_.take_left_out());
  EXPECT_FALSE(failed_.add(one_, std::nullopt, now_));
  EXPECT_TRUE(failed_.add(id_of("s7"), std::nullopt, now_)) << "one that is known has its place";
  EXPECT_EQ(failed_.size(), limits::failed_assemblies_max);
  for (std::uint32_t i = 0; i < limits::failed_assemblies_max / 2; ++i) {
    EXPECT_FALSE(failed_.take_left_out()) << "there is no room for it yet";
    failed_.forget(id_of("s" + std::to_string(i)));
  }
  EXPECT_TRUE(failed_.take_left_out());
  EXPECT_FALSE(failed_.take_left_out()) << "told once";
}

}  // namespace
}  // namespace wf::store
