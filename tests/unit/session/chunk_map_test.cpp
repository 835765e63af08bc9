// What is missing, what is complete and what is promised, counted over the chunks that were created.
#include "waveforge/session/chunk_map.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <set>

#include "support/seeded.hpp"

namespace wf::session {
namespace {

using indices = std::vector<std::uint32_t>;

chunk chunk_of(std::optional<std::uint64_t> length, std::uint64_t promised) {
  chunk value;
  value.length_bytes = length;
  value.length_bytes_max = 1000;
  value.written_bytes = promised;
  value.promised_bytes = promised;
  value.announced = true;
  return value;
}

TEST(Chunk, IsCompleteWhenItsWholeLengthIsPromised) {
  EXPECT_FALSE(chunk_of(10, 9).complete());
  EXPECT_TRUE(chunk_of(10, 10).complete());
  EXPECT_TRUE(chunk_of(0, 0).complete()) << "nothing is owed to an empty chunk";
  EXPECT_FALSE(chunk_of(std::nullopt, 10).complete()) << "a deferred length has no end yet";
  chunk written = chunk_of(10, 0);
  written.written_bytes = 10;
  EXPECT_FALSE(written.complete()) << "written is not promised";
  chunk created = chunk_of(0, 0);
  created.announced = false;
  EXPECT_FALSE(created.complete()) << "an empty chunk whose creation is not yet durable";
}

TEST(Chunk, HoldsItsLengthOrTheBoundOfADeferredOne) {
  EXPECT_EQ(chunk_of(10, 0).capacity_bytes(), 10U);
  EXPECT_EQ(chunk_of(std::nullopt, 0).capacity_bytes(), 1000U);
}

TEST(ChunkMap, StartsEmpty) {
  const chunk_map none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(none.end_index(), 0U);
  EXPECT_EQ(none.promised_bytes(), 0U);
  EXPECT_EQ(none.find(0), nullptr);
  EXPECT_EQ(none.missing_below(0).first(), indices{});
  EXPECT_EQ(none.missing_below(3).first(), (indices{0, 1, 2}));
  EXPECT_FALSE(none.all_complete(1));
}

TEST(ChunkMap, FindsReplacesAndDrops) {
  chunk_map map;
  map.add(4, chunk_of(10, 3));
  map.add(1, chunk_of(10, 10));
  EXPECT_EQ(map.end_index(), 5U);
  map.find(4)->promised_bytes = 10;
  EXPECT_TRUE(map.find(4)->complete());
  map.add(4, chunk_of(20, 1));
  EXPECT_EQ(map.size(), 2U);
  EXPECT_EQ(map.find(4)->length_bytes, 20U);
  map.erase(4);
  EXPECT_EQ(map.find(4), nullptr);
  EXPECT_EQ(map.end_index(), 2U);
  map.erase(4);
  EXPECT_EQ(map.size(), 1U);
  map.clear();
  EXPECT_TRUE(map.empty());
}

TEST(ChunkMap, ErasesFromAnIndexOnAndSaysWhich) {
  chunk_map map;
  for (const std::uint32_t index : {9U, 0U, 5U, 7U}) map.add(index, chunk_of(1, 1));
  EXPECT_EQ(map.erase_from(10), indices{});
  EXPECT_EQ(map.erase_from(5), (indices{5, 7, 9}));
  EXPECT_EQ(map.end_index(), 1U);
  EXPECT_EQ(map.erase_from(0), (indices{0}));
  EXPECT_TRUE(map.empty());
}

TEST(ChunkMap, MissingAreGapsAndUnfinishedOnes) {
  chunk_map map;
  map.add(1, chunk_of(10, 10));
  map.add(3, chunk_of(10, 9));
  map.add(4, chunk_of(std::nullopt, 9));
  map.add(6, chunk_of(10, 10));
  EXPECT_EQ(map.missing_below(7).first(), (indices{0, 2, 3, 4, 5}));
  EXPECT_EQ(map.missing_below(9).first(), (indices{0, 2, 3, 4, 5, 7, 8}));
  EXPECT_EQ(map.missing_below(4).first(), (indices{0, 2, 3}));
  EXPECT_EQ(map.missing_below(0).first(), indices{});
  EXPECT_EQ(map.complete_count(), 2U);
  EXPECT_EQ(map.promised_bytes(), 38U);
}

TEST(ChunkMap, AllCompleteLooksOnlyBelowTheTotal) {
  chunk_map map;
  map.add(0, chunk_of(10, 10));
  map.add(1, chunk_of(10, 10));
  map.add(2, chunk_of(10, 5));
  EXPECT_TRUE(map.all_complete(1));
  EXPECT_TRUE(map.all_complete(2));
  EXPECT_FALSE(map.all_complete(3));
  EXPECT_FALSE(map.all_complete(4));
}

TEST(ChunkMap, AllWrittenDoesNotWaitForThePromise) {
  chunk_map map;
  chunk waiting = chunk_of(10, 10);
  waiting.promised_bytes = 3;
  map.add(0, waiting);
  EXPECT_TRUE(map.all_written(1));
  EXPECT_FALSE(map.all_complete(1));
  map.add(1, chunk_of(std::nullopt, 5));
  EXPECT_FALSE(map.all_written(2));
}

TEST(ChunkMap, AllWrittenCountsWhatIsOnItsWay) {
  chunk_map map;
  map.add(1, chunk_of(10, 10));
  map.add(3, chunk_of(10, 4));
  EXPECT_FALSE(map.all_written(2));
  EXPECT_TRUE(map.all_written(2, {0}));
  EXPECT_TRUE(map.all_written(3, {0, 2}));
  EXPECT_FALSE(map.all_written(3, {0}));
  EXPECT_FALSE(map.all_written(4, {0, 2}));
  EXPECT_TRUE(map.all_written(4, {0, 2, 3}));
  EXPECT_TRUE(map.all_written(6, {0, 2, 3, 4, 5}));
  EXPECT_FALSE(map.all_written(7, {0, 2, 3, 4, 5}));
  EXPECT_TRUE(map.all_written(0, {0}));
}

TEST(ChunkMap, AgreesWithCountingOneByOne) {
  test::seeded random{"ChunkMap.AgreesWithCountingOneByOne"};
  for (int round = 0; round < 2'000; ++round) {
    chunk_map map;
    const std::uint32_t end = random.index(0, 40);
    for (std::uint32_t i = 0; i < end; ++i) {
      const std::uint64_t length = random.between(0, 3);
      if (!random.one_in(5)) {
        map.add(i, chunk_of(random.one_in(9) ? std::nullopt : std::optional{length}, random.between(0, length)));
      }
    }
    const std::uint32_t total = random.index(0, 45);
    indices missing;
    for (std::uint32_t i = 0; i < total; ++i) {
      const chunk* one = map.find(i);
      if (one == nullptr || !one->complete()) missing.push_back(i);
    }
    EXPECT_EQ(map.missing_below(total).first(), missing);
    EXPECT_EQ(map.all_complete(total), missing.empty());
  }
}

}  // namespace
}  // namespace wf::session
