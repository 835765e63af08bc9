// Where new chunks go: a table of cases, and for random sequences of creations that no two chunks share a byte of the
// segment and that a regular session's segment is its recording.
#include "waveforge/session/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "support/seeded.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/session/plan.hpp"

namespace wf::session {
namespace {

using maybe = std::optional<std::uint64_t>;
constexpr auto none = std::nullopt;

/// A session that only creates and deletes chunks; what the store does around place_chunk().
struct session_in_test {
  placement layout{};
  chunk_map chunks{};

  extent create(std::uint32_t index, maybe length, maybe chunk_size = none, std::optional<std::uint32_t> total = none,
                std::uint64_t length_max = 5'000) {
    const placed where = place_chunk(layout, chunks, index, length, chunk_size, total);
    layout = where.after;
    chunk value;
    value.length_bytes = length;
    value.length_bytes_max = length_max;
    value.where = where.where;
    chunks.add(index, value);
    return where.where;
  }
  void complete_all() {
    for (auto& [index, one] : chunks.all()) {
      if (!one.length_bytes) one.length_bytes = one.length_bytes_max / 2;
      one.promised_bytes = *one.length_bytes;
    }
  }
};

constexpr extent segment_at(std::uint64_t offset) {
  return {home::segment, offset, 0};
}
constexpr extent own_file{home::own_file, 0, 0};

TEST(PlaceChunk, PutsEachChunkWhereTheRecordingNeedsIt) {
  session_in_test s;
  EXPECT_EQ(s.create(3, 100, 100), segment_at(300)) << "chunkSize alone says where, in any order";
  EXPECT_EQ(s.create(0, 100, 100), segment_at(0));
  EXPECT_EQ(s.create(999'999, 100, 100), segment_at(99'999'900));
  EXPECT_EQ(s.create(1, 100), segment_at(100)) << "the stride is known now, with or without the key";
  EXPECT_FALSE(s.layout.irregular);
  EXPECT_EQ(s.layout.stride_bytes, 100U);
}

TEST(PlaceChunk, TakesTheStrideFromTheFirstChunkThatIsNotTheLast) {
  session_in_test s;
  EXPECT_EQ(s.create(2, 100), segment_at(200));
  EXPECT_EQ(s.create(1, 100), segment_at(100));
  session_in_test t;
  EXPECT_EQ(t.create(2, 100, none, 4), segment_at(200)) << "a known total does not make it the last";
}

TEST(PlaceChunk, PrefersChunkSizeToTheLengthOfTheFirstChunk) {
  session_in_test s;
  EXPECT_EQ(s.create(0, 60, 100), segment_at(0));
  EXPECT_EQ(s.layout.stride_bytes, 100U);
  session_in_test zero;
  EXPECT_EQ(zero.create(0, 60, 0), segment_at(0)) << "a chunkSize of zero says nothing";
  EXPECT_EQ(zero.layout.stride_bytes, 60U);
}

TEST(PlaceChunk, LastChunkMayBeShorterAndMayComeFirst) {
  session_in_test s;
  EXPECT_EQ(s.create(9, 40, 100, 10), segment_at(900));
  EXPECT_EQ(s.create(0, 100, 100, 10), segment_at(0));
  EXPECT_EQ(s.create(8, 100, 100, 10), segment_at(800));
  EXPECT_FALSE(s.layout.irregular);
}

TEST(PlaceChunk, LastChunkBeforeTheStrideWaitsInAFileAndTheSessionStaysRegular) {
  session_in_test s;
  EXPECT_EQ(s.create(9, 40, none, 10), own_file);
  EXPECT_FALSE(s.layout.irregular);
  EXPECT_FALSE(s.layout.stride_bytes);
  EXPECT_EQ(s.create(0, 100, none, 10), segment_at(0));
  EXPECT_EQ(s.create(8, 100, none, 10), segment_at(800));
  EXPECT_FALSE(s.layout.irregular);
}

TEST(PlaceChunk, OnlyChunkIsAtTheStartWhateverItsLength) {
  EXPECT_EQ(session_in_test{}.create(0, 7, none, 1), segment_at(0));
  EXPECT_EQ(session_in_test{}.create(0, 0, none, 1), segment_at(0));
  EXPECT_EQ(session_in_test{}.create(0, none, none, 1), segment_at(0)) << "a deferred plain tus upload";
  EXPECT_EQ(session_in_test{}.create(0, 700, 100, 1), segment_at(0));
}

TEST(PlaceChunk, ShortChunkMayBeTheLastUntilOneFollows) {
  session_in_test s;
  EXPECT_EQ(s.create(0, 100), segment_at(0));
  EXPECT_EQ(s.create(2, 60), segment_at(200));
  EXPECT_EQ(s.create(1, 100), segment_at(100)) << "before the short one there is room";
  EXPECT_FALSE(s.layout.irregular);
  EXPECT_EQ(s.create(3, 100), own_file);
  EXPECT_TRUE(s.layout.irregular);
}

TEST(PlaceChunk, ShortChunkInFrontOfOthersGetsAFile) {
  session_in_test s;
  s.create(5, 100);
  EXPECT_EQ(s.create(4, 99), own_file);
  EXPECT_TRUE(s.layout.irregular);
  EXPECT_EQ(s.create(0, 100), own_file) << "once irregular, later chunks get files too";
}

TEST(PlaceChunk, LongerThanTheStrideGetsAFile) {
  session_in_test s;
  s.create(0, 100);
  EXPECT_EQ(s.create(1, 101), own_file);
  EXPECT_TRUE(s.layout.irregular);
  session_in_test t;
  EXPECT_EQ(t.create(0, 101, 100), own_file) << "longer than its own chunkSize";
}

TEST(PlaceChunk, DeferredLengthGetsAFile) {
  session_in_test s;
  EXPECT_EQ(s.create(0, none), own_file) << "nobody knows yet whether it is the only one";
  EXPECT_TRUE(s.layout.irregular);
  session_in_test t;
  t.create(0, 100);
  EXPECT_EQ(t.create(1, none, none, 5), own_file);
}

TEST(PlaceChunk, EmptyChunkSaysNothingAboutTheStride) {
  session_in_test s;
  EXPECT_EQ(s.create(0, 0), own_file);
  EXPECT_TRUE(s.layout.irregular);
  session_in_test t;
  t.create(0, 100);
  EXPECT_EQ(t.create(1, 0, none, 2), segment_at(100)) << "an empty last chunk is only a short one";
  EXPECT_FALSE(t.layout.irregular);
}

TEST(PlaceChunk, FileLayoutNeverUsesTheSegment) {
  session_in_test s;
  s.layout.irregular = true;
  EXPECT_EQ(s.create(0, 100, 100, 1), own_file);
  EXPECT_EQ(s.create(1, 100, 100), own_file);
}

TEST(PlaceChunk, DeletedShortChunkLeavesNoTrace) {
  session_in_test s;
  s.create(0, 100);
  s.create(2, 60);
  s.chunks.erase(2);
  EXPECT_EQ(s.create(2, 100), segment_at(200));
  EXPECT_EQ(s.create(3, 100), segment_at(300));
  EXPECT_FALSE(s.layout.irregular);

  session_in_test t;
  t.create(0, 100);
  t.create(2, 60);
  t.chunks.erase(2);
  EXPECT_EQ(t.create(3, 100), segment_at(300));
  EXPECT_EQ(t.create(2, 60), own_file) << "now it would leave a hole in front of chunk 3";
}

TEST(PlaceChunk, ReplacementIsPlacedByItsNewLength) {
  session_in_test s;
  s.create(0, 100);
  s.create(1, 60);
  EXPECT_EQ(s.create(1, 100), segment_at(100));
  EXPECT_EQ(s.create(2, 30), segment_at(200)) << "chunk 1 is not short any more";
  EXPECT_EQ(s.create(2, 40), segment_at(200));
  EXPECT_EQ(s.layout.short_index, 2U);
  EXPECT_FALSE(s.layout.irregular);
  EXPECT_EQ(s.create(1, 60), own_file) << "chunk 2 lies behind";
}

TEST(PlaceChunk, SecondShortChunkLeavesTheFirstItsPlace) {
  session_in_test s;
  s.create(9, 40, 100);
  EXPECT_EQ(s.create(5, 40, 100), own_file);
  EXPECT_EQ(s.layout.short_index, 9U);
}

TEST(PlaceChunk, AStrideNoFileCanHoldMakesNoOverlap) {
  // 2^63 × 2 is 0 in 64 bits: the place of chunk 0.
  session_in_test s;
  constexpr std::uint64_t huge = std::uint64_t{1} << 63U;
  EXPECT_EQ(s.create(0, 100, huge), segment_at(0));
  EXPECT_EQ(s.create(2, 100, huge), own_file);
  session_in_test t;
  EXPECT_EQ(t.create(999'999, 100, std::numeric_limits<std::uint64_t>::max()), own_file);
  session_in_test u;
  constexpr std::uint64_t quarter = limits::segment_bytes_max / 4;
  EXPECT_EQ(u.create(3, quarter, quarter), segment_at(3 * quarter)) << "ends exactly where a file of ext4 ends";
  EXPECT_EQ(u.create(4, quarter, quarter), own_file);
}

TEST(ChunkPaths, NameShardAndGeneration) {
  EXPECT_EQ(shard_directory_path(0), "chunks/shard_0000");
  EXPECT_EQ(shard_directory_path(999), "chunks/shard_0000");
  EXPECT_EQ(shard_directory_path(1'000), "chunks/shard_0001");
  EXPECT_EQ(shard_directory_path(999'999), "chunks/shard_0999");
  EXPECT_EQ(chunk_file_path(42, 0), "chunks/shard_0000/000042.chunk");
  EXPECT_EQ(chunk_file_path(42, 1), "chunks/shard_0000/000042.chunk.1");
  EXPECT_EQ(chunk_file_path(999'999, 4'294'967'295), "chunks/shard_0999/999999.chunk.4294967295");
}

// ---- Random sequences ----

void expect_no_shared_byte(const session_in_test& s) {
  struct range {
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::vector<range> taken;
  for (const auto& [index, one] : s.chunks.all()) {
    if (one.where.where != home::segment) continue;
    const std::uint64_t end = one.where.offset_bytes + one.capacity_bytes();
    ASSERT_GE(end, one.where.offset_bytes) << "chunk " << index << " wraps around";
    ASSERT_LE(end, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (one.capacity_bytes() > 0) taken.push_back({one.where.offset_bytes, end});
  }
  std::ranges::sort(taken, {}, &range::begin);
  for (std::size_t i = 1; i < taken.size(); ++i) {
    ASSERT_LE(taken[i - 1].end, taken[i].begin) << "two chunks share the bytes from " << taken[i].begin;
  }
}

/// Whether this creation would be let through to placement: what is said of the total fits what is there.
bool total_allows(const session_in_test& s, std::uint32_t index, std::optional<std::uint32_t> total) {
  return !total || (index < *total && s.chunks.end_index() <= *total);
}

TEST(PlaceChunk, RandomCreationsNeverShareAByteAndRegularSessionsAdopt) {
  test::seeded random{"PlaceChunk.RandomCreationsNeverShareAByteAndRegularSessionsAdopt"};
  int adopted = 0;
  int built = 0;
  for (int round = 0; round < 20'000; ++round) {
    SCOPED_TRACE(round);
    session_in_test s;
    const std::uint32_t end = random.index(1, random.one_in(3) ? 3 : 12);
    const std::uint64_t usual = random.one_in(20) ? random.number() : random.between(1, 200);
    const bool says_size = random.one_in(2);
    const std::uint64_t odd_ones = random.between(2, 40);  // one length in this many is unusual
    std::optional<std::uint32_t> total;
    if (random.one_in(2)) total = end;

    for (std::uint64_t step = random.between(end, 3 * end); step > 0; --step) {
      const std::uint32_t index = random.index(0, end - 1);
      if (s.chunks.find(index) != nullptr) {
        if (random.one_in(6)) s.chunks.erase(index);
        if (!random.one_in(6)) continue;  // else: placed again, or replaced by one of another length
      }
      if (!total && random.one_in(end)) total = end;
      if (!total_allows(s, index, total)) continue;
      maybe length = std::min<std::uint64_t>(usual, 5'000);
      if (index + 1 == end && random.one_in(2)) length = random.between(0, *length);
      if (random.one_in(odd_ones)) length = random.between(0, 300);
      if (random.one_in(odd_ones * 4)) length = none;
      const placement before = s.layout;
      s.create(index, length, says_size ? maybe{random.one_in(50) ? random.number() : usual} : none, total);
      expect_no_shared_byte(s);
      if (::testing::Test::HasFatalFailure()) return;
      ASSERT_TRUE(!before.irregular || s.layout.irregular) << "irregular is for good";
      ASSERT_TRUE(!before.stride_bytes || before.stride_bytes == s.layout.stride_bytes) << "the stride never changes";
    }
    if (s.chunks.size() != end) continue;
    s.complete_all();
    const assembly_plan plan = plan_assembly(s.chunks, end);
    if (s.layout.irregular || plan.size_bytes == 0) {
      ++built;
      continue;
    }
    ++adopted;
    ASSERT_EQ(plan.kind, plan_kind::adopt) << "a regular session's segment is its recording";
    ASSERT_LE(plan.steps.size(), 1U) << "at most the last chunk waits in a file";
  }
  EXPECT_GT(adopted, 500);
  EXPECT_GT(built, 500);
}

TEST(PlaceChunk, AnyOrderOfAWellBehavedRecorderStaysInTheSegment) {
  test::seeded random{"PlaceChunk.AnyOrderOfAWellBehavedRecorderStaysInTheSegment"};
  for (int round = 0; round < 2'000; ++round) {
    session_in_test s;
    const std::uint32_t end = random.index(1, 30);
    const std::uint64_t stride = random.between(1, 5'000);
    std::vector<std::uint32_t> order(end);
    for (std::uint32_t i = 0; i < end; ++i) order[i] = i;
    std::ranges::shuffle(order, random.engine());
    for (const std::uint32_t index : order) {
      const std::uint64_t length = index + 1 == end ? random.between(0, stride) : stride;
      ASSERT_EQ(s.create(index, length, stride), segment_at(index * stride)) << "round " << round << " chunk " << index;
    }
    ASSERT_FALSE(s.layout.irregular);
    s.complete_all();
    const assembly_plan plan = plan_assembly(s.chunks, end);
    if (plan.size_bytes == 0) continue;
    ASSERT_EQ(plan.kind, plan_kind::adopt);
    ASSERT_TRUE(plan.steps.empty());
  }
}

}  // namespace
}  // namespace wf::session
