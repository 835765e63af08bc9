// Proves that a session's files are opened once and made with their directories, that every new name is known to be
// dirty until it was synced, and that blocks are reserved in few steps and never where they are not wanted.
#include "waveforge/store/session_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "support/store_parts.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {
namespace {

namespace fs = std::filesystem;

class SessionFiles : public test::store_parts {
 protected:
  session_files files_{world_, with_, root_, files_open_, id_of("sid")};
  std::shared_ptr<open_file> segment() { return run(files_.segment()).value(); }
  result<void> reserve(std::uint64_t offset, std::uint64_t length, std::uint64_t bound = UINT64_MAX) {
    return run(files_.reserve(*segment(), offset, length, bound));
  }
};

TEST(SessionPath, IsTheIdBelowAsManyDirectoriesAsWanted) {
  const auto id = session::session_id::parse("sid", session::id_format::token).value();
  EXPECT_EQ(session_path(id, 0), "sid");
  // FNV-1a of "sid", byte by byte from the lowest: part of the layout, never to be changed.
  EXPECT_EQ(session_path(id, 1), "8f/sid");
  EXPECT_EQ(session_path(id, 2), "8f/1a/sid");
}

TEST_F(SessionFiles, AppearWithTheFirstThatIsAskedForAndNotBefore) {
  EXPECT_FALSE(fs::exists(path_of("sid")));
  EXPECT_EQ(files_.open_count(), 0U);
  (void)segment();
  EXPECT_TRUE(fs::exists(path_of("sid/chunks/segment")));
  ASSERT_TRUE(run(files_.chunk_file(1'042, 3)));
  EXPECT_TRUE(fs::exists(path_of("sid/" + session::chunk_file_path(1'042, 3))));
}

TEST_F(SessionFiles, AreOpenedOnceAlsoByTwoAtATime) {
  test::running first{ring_, files_.segment()};
  test::running second{ring_, files_.segment()};
  while (!first.ended() || !second.ended()) ring_.turn(true);
  EXPECT_EQ(first.value().value(), second.value().value());
  EXPECT_EQ(kernel_.count("open segment"), 1U);
}

TEST_F(SessionFiles, EveryNewNameIsToBeSyncedAndSoIsOneThatWasThere) {
  (void)segment();
  EXPECT_EQ(files_.unsynced_directories().size(), 3U) << "the data dir, the session's, chunks";
  for (const auto& one : files_.unsynced_directories()) one->dirty = false;
  EXPECT_THAT(files_.unsynced_directories(), testing::IsEmpty());
  ASSERT_TRUE(run(files_.chunk_file(0, 0)));
  EXPECT_EQ(files_.unsynced_directories().size(), 2U) << "chunks, and the shard's";
  // Whoever made them may have died before the sync.
  session_files later{world_, with_, root_, files_open_, id_of("sid")};
  for (const auto& one : files_.unsynced_directories()) one->dirty = false;
  root_->dirty = false;
  ASSERT_TRUE(run(later.segment()));
  EXPECT_EQ(later.unsynced_directories().size(), 3U);
}

TEST_F(SessionFiles, AForgottenChunkHasNoFileAndTheNextOneHasANewOne) {
  const auto before = run(files_.chunk_file(0, 0)).value();
  for (const auto& one : files_.unsynced_directories()) one->dirty = false;
  ASSERT_TRUE(run(files_.forget_chunk_file(0, 0)));
  EXPECT_FALSE(fs::exists(path_of("sid/" + session::chunk_file_path(0, 0))));
  EXPECT_EQ(files_.unsynced_directories().size(), 1U) << "a removed name is one that changed";
  EXPECT_NE(run(files_.chunk_file(0, 0)).value(), before);
  EXPECT_TRUE(fs::exists(path_of("sid/" + session::chunk_file_path(0, 0))));
}

TEST_F(SessionFiles, ReserveWhatIsAskedForFirstAndTwiceAsMuchEachTimeItGoesOn) {
  ASSERT_TRUE(reserve(0, 64_KiB));
  EXPECT_EQ(files_.reserved_bytes(), 64_KiB);
  ASSERT_TRUE(reserve(0, 64_KiB));
  ASSERT_TRUE(reserve(10, 100));
  EXPECT_EQ(kernel_.count("allocate"), 1U) << "it is there already";
  ASSERT_TRUE(reserve(64_KiB, 64_KiB));
  EXPECT_EQ(files_.reserved_bytes(), 192_KiB);
  ASSERT_TRUE(reserve(192_KiB, 64_KiB));
  EXPECT_EQ(files_.reserved_bytes(), 448_KiB);
  EXPECT_GE(fs::file_size(path_of("sid/chunks/segment")), 448_KiB);
}

TEST_F(SessionFiles, ReserveInFewStepsForChunksThatComeFourAtATime) {
  constexpr std::uint64_t chunks = 64;
  for (std::uint64_t first = 0; first < chunks; first += 4) {
    for (std::uint64_t half = 0; half < 2; ++half) {
      for (std::uint64_t index = first; index < first + 4; ++index) {
        ASSERT_TRUE(reserve(index * 1_MiB + half * 512_KiB, 512_KiB, chunks * 1_MiB));
      }
    }
  }
  EXPECT_LE(kernel_.count("allocate"), 12U);
  EXPECT_EQ(files_.reserved_bytes(), chunks * 1_MiB);
}

TEST_F(SessionFiles, ReserveNothingInTheGapBelowAHighIndexNorPastTheBound) {
  ASSERT_TRUE(reserve(100_MiB, 64_KiB));
  EXPECT_EQ(files_.reserved_bytes(), 64_KiB);
  ASSERT_TRUE(reserve(0, 64_KiB));
  ASSERT_TRUE(reserve(64_KiB, 1_KiB, 70_KiB));
  EXPECT_EQ(files_.reserved_bytes(), 64_KiB + 70_KiB);
}

TEST_F(SessionFiles, ReserveWhatIsNeededWhereTheStepDoesNotFit) {
  ASSERT_TRUE(reserve(0, 64_KiB));
  kernel_.fail_next(io::op_kind::allocate, ENOSPC);
  ASSERT_TRUE(reserve(64_KiB, 32_KiB));
  EXPECT_EQ(files_.reserved_bytes(), 96_KiB);
  for (int twice = 0; twice < 2; ++twice) kernel_.fail_next(io::op_kind::allocate, EDQUOT);
  EXPECT_EQ(reserve(96_KiB, 32_KiB).error().code, errc::no_space);
  EXPECT_EQ(files_.reserved_bytes(), 96_KiB);
}

TEST_F(SessionFiles, GoOnWhereBlocksCannotBeReserved) {
  kernel_.fail_next(io::op_kind::allocate, EOPNOTSUPP);
  EXPECT_TRUE(reserve(0, 64_KiB));
  kernel_.fail_next(io::op_kind::allocate, EIO);
  EXPECT_EQ(reserve(1_MiB, 64_KiB).error().code, errc::io_failed);
}

TEST_F(SessionFiles, LetGoOfEverythingWhenClosed) {
  segment()->dirty = true;
  EXPECT_EQ(files_.unsynced_files().size(), 1U);
  ASSERT_TRUE(reserve(0, 64_KiB));
  files_.close();
  EXPECT_EQ(files_.open_count(), 0U);
  EXPECT_EQ(files_.reserved_bytes(), 0U);
}

TEST_F(SessionFiles, CloseWhatNobodyUsesAndNothingHasToBeSyncedOf) {
  const auto used = segment();
  ASSERT_TRUE(run(files_.chunk_file(0, 0)));
  run(files_.chunk_file(1, 0)).value()->dirty = true;
  for (const auto& one : files_.unsynced_directories()) one->dirty = false;
  files_.close_unused();
  EXPECT_EQ(files_.open_count(), 2U) << "the segment, and the chunk that was written to";
  EXPECT_EQ(files_open_.open(), 3U);
  EXPECT_EQ(segment(), used);
  EXPECT_EQ(files_.unsynced_files().size(), 1U);
}

TEST_F(SessionFiles, AreCountedAsLongAsTheyAreOpen) {
  auto used = segment();
  EXPECT_EQ(files_open_.open(), 4U) << "two directories, and two descriptors of the segment";
  ASSERT_TRUE(run(files_.chunk_file(0, 0, opening::when_there_is_room)));
  EXPECT_EQ(files_open_.open(), 6U) << "and a shard's directory, and a file";
  files_.close();
  EXPECT_EQ(files_open_.open(), 2U) << "somebody still uses the segment";
  used.reset();
  EXPECT_EQ(files_open_.open(), 0U);
}

TEST_F(SessionFiles, WaitUntilThereIsRoomForAllThatHasToBeOpened) {
  std::optional<file_budget::permit> others{files_open_.take_now(files_open_.files_max() - 3)};
  test::running opens{ring_, files_.segment(opening::when_there_is_room)};
  for (int turns = 0; turns < 5; ++turns) ring_.turn(false);
  EXPECT_FALSE(opens.ended());
  EXPECT_FALSE(fs::exists(path_of("sid"))) << "who waits has nothing open that another one waits for";
  others.reset();
  while (!opens.ended()) ring_.turn(true);
  EXPECT_TRUE(opens.value());
  EXPECT_EQ(files_open_.open(), 4U);
}

TEST_F(SessionFiles, AFailureToOpenIsToldAndTriedAgain) {
  kernel_.fail_next(io::op_kind::open, EMFILE);
  EXPECT_EQ(run(files_.segment()).error().code, errc::unavailable);
  EXPECT_TRUE(run(files_.segment()));
}

}  // namespace
}  // namespace wf::store
