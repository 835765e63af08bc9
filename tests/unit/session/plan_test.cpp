// The plan is carried out here on files made of numbered bytes: what comes out must be the recording, byte for byte, on
// the first run and on a second run after a crash at any step.
#include "waveforge/session/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "support/seeded.hpp"

namespace wf::session {
namespace {

chunk complete_chunk(std::uint64_t length, extent where) {
  chunk value;
  value.length_bytes = length;
  value.written_bytes = value.promised_bytes = length;
  value.where = where;
  return value;
}
constexpr extent segment_at(std::uint64_t offset) {
  return {home::segment, offset, 0};
}
constexpr extent file_of(std::uint32_t generation = 0) {
  return {home::own_file, 0, generation};
}

chunk_map map_of(std::initializer_list<std::pair<std::uint32_t, chunk>> list) {
  chunk_map map;
  for (const auto& [index, value] : list) map.add(index, value);
  return map;
}

TEST(PlanAssembly, SegmentInOrderIsAdoptedWithoutACopy) {
  const chunk_map map = map_of({{0, complete_chunk(100, segment_at(0))},
                                {1, complete_chunk(100, segment_at(100))},
                                {2, complete_chunk(40, segment_at(200))}});
  const assembly_plan plan = plan_assembly(map, 3);
  EXPECT_EQ(plan.kind, plan_kind::adopt);
  EXPECT_EQ(plan.size_bytes, 240U);
  EXPECT_TRUE(plan.steps.empty());
}

TEST(PlanAssembly, LastChunkInAFileIsCopiedBehindTheOthers) {
  const chunk_map map = map_of({{0, complete_chunk(100, segment_at(0))},
                                {1, complete_chunk(100, segment_at(100))},
                                {2, complete_chunk(40, file_of(3))}});
  const assembly_plan plan = plan_assembly(map, 3);
  EXPECT_EQ(plan.kind, plan_kind::adopt);
  EXPECT_EQ(plan.size_bytes, 240U);
  EXPECT_EQ(plan.steps, (std::vector<plan_step>{{2, file_of(3), 40, 200}}));
}

TEST(PlanAssembly, ChunksPastTheTotalAreLeftOut) {
  const chunk_map map = map_of({{0, complete_chunk(100, segment_at(0))}, {1, complete_chunk(100, segment_at(100))}});
  const assembly_plan plan = plan_assembly(map, 1);
  EXPECT_EQ(plan.kind, plan_kind::adopt);
  EXPECT_EQ(plan.size_bytes, 100U);
}

TEST(PlanAssembly, HoleInTheSegmentMeansANewFile) {
  // Chunk 1 went to a file and is shorter than its place: what follows must move, so the segment cannot be kept.
  const chunk_map map = map_of({{0, complete_chunk(100, segment_at(0))},
                                {1, complete_chunk(60, file_of())},
                                {2, complete_chunk(100, segment_at(200))},
                                {3, complete_chunk(100, segment_at(300))}});
  const assembly_plan plan = plan_assembly(map, 4);
  EXPECT_EQ(plan.kind, plan_kind::build);
  EXPECT_EQ(plan.size_bytes, 360U);
  EXPECT_EQ(plan.steps, (std::vector<plan_step>{
                            {0, segment_at(0), 100, 0}, {1, file_of(), 60, 100}, {2, segment_at(200), 200, 160}}));
}

TEST(PlanAssembly, ChunkInAFileThatFillsItsHoleExactlyStillMeansANewFile) {
  // Copying it into the segment would do, but a plan of one kind for every hole is simpler to trust.
  const chunk_map map = map_of({{0, complete_chunk(100, segment_at(0))},
                                {1, complete_chunk(100, file_of(1))},
                                {2, complete_chunk(100, segment_at(200))}});
  EXPECT_EQ(plan_assembly(map, 3).kind, plan_kind::build);
}

TEST(PlanAssembly, OnlyFilesMeansANewFile) {
  const chunk_map map = map_of({{0, complete_chunk(10, file_of())}, {1, complete_chunk(20, file_of())}});
  const assembly_plan plan = plan_assembly(map, 2);
  EXPECT_EQ(plan.kind, plan_kind::build);
  EXPECT_EQ(plan.steps, (std::vector<plan_step>{{0, file_of(), 10, 0}, {1, file_of(), 20, 10}}));
}

TEST(PlanAssembly, EmptyChunksTakeNoStep) {
  const chunk_map map = map_of({{0, complete_chunk(100, segment_at(0))},
                                {1, complete_chunk(0, file_of())},
                                {2, complete_chunk(0, segment_at(200))}});
  const assembly_plan plan = plan_assembly(map, 3);
  EXPECT_EQ(plan.kind, plan_kind::adopt);
  EXPECT_EQ(plan.size_bytes, 100U);
  EXPECT_TRUE(plan.steps.empty());

  const assembly_plan nothing = plan_assembly(map_of({{0, complete_chunk(0, extent{})}}), 1);
  EXPECT_EQ(nothing.kind, plan_kind::build) << "there is no segment to adopt";
  EXPECT_EQ(nothing.size_bytes, 0U);
  EXPECT_TRUE(nothing.steps.empty());
}

// ---- Carried out ----

/// A byte of chunk `index` at `position`, or 0 for a byte nobody wrote.
using tag = std::uint64_t;
constexpr tag tag_of(std::uint32_t index, std::uint64_t position) {
  return (std::uint64_t{index} + 1) << 32U | position;
}

struct files {
  std::vector<tag> segment{};
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<tag>> own{};  ///< by index and generation
  friend bool operator==(const files&, const files&) = default;
};

files lay_out(const chunk_map& chunks) {
  files disk;
  for (const auto& [index, one] : chunks.all()) {
    const std::uint64_t length = *one.length_bytes;
    if (one.where.where == home::segment) {
      disk.segment.resize(std::max<std::size_t>(disk.segment.size(), one.where.offset_bytes + length));
      for (std::uint64_t i = 0; i < length; ++i) disk.segment[one.where.offset_bytes + i] = tag_of(index, i);
    } else {
      auto& file = disk.own[{index, one.where.generation}];
      for (std::uint64_t i = 0; i < length; ++i) file.push_back(tag_of(index, i));
    }
  }
  return disk;
}

std::vector<tag> expected_recording(const chunk_map& chunks, std::uint32_t total) {
  std::vector<tag> out;
  for (std::uint32_t index = 0; index < total; ++index) {
    for (std::uint64_t i = 0; i < *chunks.find(index)->length_bytes; ++i) out.push_back(tag_of(index, i));
  }
  return out;
}

void copy_step(const plan_step& step, const std::vector<tag>& from, std::vector<tag>& into) {
  into.resize(std::max<std::size_t>(into.size(), step.offset_bytes + step.length_bytes));
  for (std::uint64_t i = 0; i < step.length_bytes; ++i) {
    into[step.offset_bytes + i] = from.at(step.from.offset_bytes + i);
  }
}

/// Carries out the first `steps_max` steps, then the truncate. An adopted segment is changed in place.
std::vector<tag> carry_out(const assembly_plan& plan, files& disk, std::size_t steps_max) {
  std::vector<tag> fresh;
  std::vector<tag>& target = plan.kind == plan_kind::adopt ? disk.segment : fresh;
  const std::size_t count = std::min(steps_max, plan.steps.size());
  for (std::size_t i = 0; i < count; ++i) {
    const plan_step& step = plan.steps[i];
    if (step.from.where == home::segment) {
      copy_step(step, disk.segment, target);
    } else {
      copy_step(step, disk.own.at({step.index, step.from.generation}), target);
    }
  }
  if (count == plan.steps.size()) {
    EXPECT_GE(target.size(), plan.size_bytes);
    target.resize(plan.size_bytes);
  }
  return target;
}

/// Complete chunks at places that share no byte, mostly as placement would choose them, sometimes wilder.
chunk_map random_chunks(test::seeded& random, std::uint32_t count) {
  chunk_map map;
  const std::uint64_t stride = random.between(1, 12);
  const std::uint64_t odd_ones = random.between(1, 12);
  const std::uint64_t shift = random.one_in(6) ? random.between(1, 20) : 0;
  std::vector<std::uint32_t> slots(count);
  for (std::uint32_t i = 0; i < count; ++i) slots[i] = i;
  if (random.one_in(6)) std::ranges::shuffle(slots, random.engine());
  for (std::uint32_t index = 0; index < count; ++index) {
    const std::uint64_t length = random.one_in(odd_ones) ? random.between(0, stride) : stride;
    const bool in_file = random.one_in(odd_ones);
    map.add(index,
            complete_chunk(length, in_file ? file_of(random.index(0, 2)) : segment_at(shift + slots[index] * stride)));
  }
  return map;
}

bool same(const assembly_plan& a, const assembly_plan& b) {
  return a.kind == b.kind && a.size_bytes == b.size_bytes && a.steps == b.steps;
}

TEST(PlanAssembly, CarriedOutGivesTheRecordingAfterACrashAtAnyStepToo) {
  test::seeded random{"PlanAssembly.CarriedOutGivesTheRecordingAfterACrashAtAnyStepToo"};
  int adopted = 0;
  int built = 0;
  for (int round = 0; round < 5'000; ++round) {
    SCOPED_TRACE(round);
    const std::uint32_t count = random.index(1, 12);
    const chunk_map chunks = random_chunks(random, count);
    const std::uint32_t total = random.one_in(4) ? random.index(1, count) : count;
    const assembly_plan plan = plan_assembly(chunks, total);
    (plan.kind == plan_kind::adopt ? adopted : built) += 1;

    // The same chunks created in another order give the same plan.
    chunk_map shuffled;
    std::vector<std::uint32_t> order;
    for (const auto& [index, one] : chunks.all()) order.push_back(index);
    std::ranges::shuffle(order, random.engine());
    for (const std::uint32_t index : order) shuffled.add(index, *chunks.find(index));
    ASSERT_TRUE(same(plan, plan_assembly(shuffled, total)));

    // Steps cover the recording once and in order; what an adopted segment already holds is in front of them.
    std::uint64_t next = plan.kind == plan_kind::adopt && !plan.steps.empty() ? plan.steps.front().offset_bytes
                         : plan.kind == plan_kind::adopt                      ? plan.size_bytes
                                                                              : 0;
    for (const plan_step& step : plan.steps) {
      ASSERT_EQ(step.offset_bytes, next);
      ASSERT_GT(step.length_bytes, 0U);
      next += step.length_bytes;
    }
    ASSERT_EQ(next, plan.size_bytes);

    const std::vector<tag> expected = expected_recording(chunks, total);
    for (std::size_t crash_after = 0; crash_after <= plan.steps.size(); ++crash_after) {
      files disk = lay_out(chunks);
      static_cast<void>(carry_out(plan, disk, crash_after));
      ASSERT_EQ(carry_out(plan, disk, plan.steps.size()), expected) << "second run after " << crash_after << " steps";
    }
  }
  EXPECT_GT(adopted, 200);
  EXPECT_GT(built, 200);
}

}  // namespace
}  // namespace wf::session
