// Rows read back as they were written; whatever else the bytes are, the answer is `damaged` and what was there stays.
#include "waveforge/session/fact.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/guard_page.hpp"
#include "support/seeded.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/session/binary.hpp"
#include "waveforge/session/plan.hpp"

namespace wf::session {
namespace {

constexpr std::uint64_t number_max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t last_ms = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

utc_time random_time(test::seeded& random) {
  return utc_time{std::chrono::milliseconds{static_cast<std::int64_t>(random.number(last_ms))}};
}
std::optional<std::uint64_t> maybe(test::seeded& random, std::uint64_t max) {
  return random.one_in(3) ? std::nullopt : std::optional{random.number(max)};
}
std::optional<std::uint32_t> maybe_index(test::seeded& random, std::uint32_t max) {
  return random.one_in(3) ? std::nullopt : std::optional{static_cast<std::uint32_t>(random.number(max))};
}

recording random_recording(test::seeded& random) {
  recording value;
  value.now = static_cast<state>(random.between(0, 7));
  value.created_at = random_time(random);
  value.ended_at = random_time(random);
  value.layout.irregular = random.one_in(2);
  value.layout.stride_bytes = maybe(random, number_max);
  value.layout.short_index = maybe_index(random, limits::chunk_index_max);
  value.chunk_size_bytes = maybe(random, number_max);
  value.total = maybe_index(random, limits::chunks_max);
  value.duration_ms = maybe(random, number_max);
  value.name = random.bytes(60);
  value.format = random.bytes(20);
  value.late_metadata = random.bytes(300);
  value.failure = random.bytes(20);
  value.concat = random.bytes(20);
  value.file_name = random.bytes(20);
  value.size_bytes = random.number(number_max);
  if (random.one_in(2)) {
    value.sha256.emplace();
    for (std::uint8_t& byte : *value.sha256) byte = static_cast<std::uint8_t>(random.between(0, 255));
  }
  value.plan = static_cast<std::uint8_t>(random.between(0, 2));
  return value;
}

chunk random_chunk(test::seeded& random) {
  chunk value;
  value.length_bytes = maybe(random, number_max);
  value.length_bytes_max = random.number(number_max);
  value.where.where = static_cast<home>(random.between(0, 3));
  value.where.offset_bytes = random.number(number_max);
  value.where.generation = static_cast<std::uint32_t>(random.number(0xFFFFFFFF));
  value.created_at = random_time(random);
  value.metadata = random.bytes(100);
  value.concat = random.bytes(20);
  if (random.one_in(2)) value.crc32c = static_cast<std::uint32_t>(random.number(0xFFFFFFFF));
  return value;
}

progress random_progress(test::seeded& random) {
  progress value;
  value.vouched_bytes = random.number(number_max);
  value.touched_at = random_time(random);
  if (random.one_in(2)) {
    value.unvouched_era = random.number();
    value.unvouched_bytes = random.number(number_max);
  }
  return value;
}

void expect_same(const recording& a, const recording& b) {
  EXPECT_EQ(a.now, b.now);
  EXPECT_EQ(a.created_at, b.created_at);
  EXPECT_EQ(a.ended_at, b.ended_at);
  EXPECT_EQ(a.layout, b.layout);
  EXPECT_EQ(a.chunk_size_bytes, b.chunk_size_bytes);
  EXPECT_EQ(a.total, b.total);
  EXPECT_EQ(a.duration_ms, b.duration_ms);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.format, b.format);
  EXPECT_EQ(a.late_metadata, b.late_metadata);
  EXPECT_EQ(a.failure, b.failure);
  EXPECT_EQ(a.concat, b.concat);
  EXPECT_EQ(a.file_name, b.file_name);
  EXPECT_EQ(a.size_bytes, b.size_bytes);
  EXPECT_EQ(a.sha256, b.sha256);
  EXPECT_EQ(a.plan, b.plan);
}

void expect_same(const chunk& a, const chunk& b) {
  EXPECT_EQ(a.length_bytes, b.length_bytes);
  EXPECT_EQ(a.length_bytes_max, b.length_bytes_max);
  EXPECT_EQ(a.where, b.where);
  EXPECT_EQ(a.created_at, b.created_at);
  EXPECT_EQ(a.metadata, b.metadata);
  EXPECT_EQ(a.concat, b.concat);
  EXPECT_EQ(a.crc32c, b.crc32c);
}

result<recording> decode_a_session(std::string_view bytes) {
  recording value;
  if (auto read = decode_session(bytes, value); !read) return fail(read.error());
  return value;
}

/// A row of every kind, and a decoder that says only whether the bytes are one.
struct row_kind {
  std::string_view name;
  std::string (*make)(test::seeded&);
  result<void> (*decode)(std::string_view);
  std::string (*again)(std::string_view);  ///< decode, then encode
};

void PrintTo(const row_kind& kind, std::ostream* out) {
  *out << kind.name;
}

const row_kind rows[] = {
    {"session", [](test::seeded& random) { return encode_session(random_recording(random)); },
     [](std::string_view bytes) -> result<void> {
       if (auto read = decode_a_session(bytes); !read) return fail(read.error());
       return {};
     },
     [](std::string_view bytes) { return encode_session(*decode_a_session(bytes)); }},
    {"chunk", [](test::seeded& random) { return encode_chunk(random_chunk(random)); },
     [](std::string_view bytes) -> result<void> {
       if (auto read = decode_chunk(bytes); !read) return fail(read.error());
       return {};
     },
     [](std::string_view bytes) { return encode_chunk(*decode_chunk(bytes)); }},
    {"progress", [](test::seeded& random) { return encode_progress(random_progress(random)); },
     [](std::string_view bytes) -> result<void> {
       if (auto read = decode_progress(bytes); !read) return fail(read.error());
       return {};
     },
     [](std::string_view bytes) { return encode_progress(*decode_progress(bytes)); }},
};

class AnyRow : public ::testing::TestWithParam<row_kind> {};
INSTANTIATE_TEST_SUITE_P(Facts, AnyRow, ::testing::ValuesIn(rows),
                         [](const auto& tested) { return std::string{tested.param.name}; });

TEST_P(AnyRow, CutAtAnyByteIsDamaged) {
  test::seeded random{"AnyRow.CutAtAnyByteIsDamaged"};
  for (int round = 0; round < 30; ++round) {
    const std::string bytes = GetParam().make(random);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const test::guarded_bytes guarded{std::string_view{bytes}.substr(0, size)};
      const auto read = GetParam().decode(guarded.view());
      ASSERT_FALSE(read) << size << " of " << bytes.size() << " bytes";
      ASSERT_EQ(read.error().code, errc::damaged);
      ASSERT_NE(read.error().detail.find(GetParam().name), std::string::npos) << read.error().detail;
    }
    const test::guarded_bytes whole{bytes};
    ASSERT_TRUE(GetParam().decode(whole.view()));
  }
}

TEST_P(AnyRow, TrailingByteIsDamaged) {
  test::seeded random{"AnyRow.TrailingByteIsDamaged"};
  for (int byte = 0; byte < 256; ++byte) {
    const auto read = GetParam().decode(GetParam().make(random) + static_cast<char>(byte));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::damaged);
  }
}

TEST_P(AnyRow, NewerVersionSaysSo) {
  test::seeded random{"AnyRow.NewerVersionSaysSo"};
  std::string bytes = GetParam().make(random);
  ASSERT_EQ(bytes[0], 1);
  bytes[0] = 2;
  const auto newer = GetParam().decode(bytes);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, errc::damaged);
  EXPECT_EQ(newer.error().detail, "a " + std::string{GetParam().name} +
                                      " row has version 2, this program reads up to 1: it was written by a newer "
                                      "waveforge, use that one");
  bytes[0] = 0;
  const auto never = GetParam().decode(bytes);
  ASSERT_FALSE(never);
  EXPECT_NE(never.error().detail.find("no waveforge wrote"), std::string::npos) << never.error().detail;
}

TEST_P(AnyRow, ChangedBytesAreDamagedOrAnotherRowButNeverALooseReading) {
  // Whatever is accepted encodes to the same bytes again: no byte is ignored.
  test::seeded random{"AnyRow.ChangedBytesAreDamagedOrAnotherRowButNeverALooseReading"};
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes = GetParam().make(random);
    for (std::uint64_t changes = random.between(1, 3); changes > 0; --changes) {
      bytes[static_cast<std::size_t>(random.between(0, bytes.size() - 1))] = static_cast<char>(random.between(0, 255));
    }
    const test::guarded_bytes guarded{bytes};
    const auto read = GetParam().decode(guarded.view());
    if (read) {
      ASSERT_EQ(GetParam().again(bytes), bytes);
    } else {
      ASSERT_EQ(read.error().code, errc::damaged);
    }
  }
}

TEST(Facts, SessionRowsReadBack) {
  test::seeded random{"Facts.SessionRowsReadBack"};
  for (int round = 0; round < 3'000 && !::testing::Test::HasFailure(); ++round) {
    const recording value = random_recording(random);
    const auto read = decode_a_session(encode_session(value));
    ASSERT_TRUE(read) << read.error().detail;
    expect_same(*read, value);
  }
}

TEST(Facts, ChunkRowsReadBack) {
  test::seeded random{"Facts.ChunkRowsReadBack"};
  for (int round = 0; round < 3'000 && !::testing::Test::HasFailure(); ++round) {
    const chunk value = random_chunk(random);
    const auto read = decode_chunk(encode_chunk(value));
    ASSERT_TRUE(read) << read.error().detail;
    expect_same(*read, value);
  }
}

TEST(Facts, ProgressRowsReadBack) {
  test::seeded random{"Facts.ProgressRowsReadBack"};
  for (int round = 0; round < 3'000; ++round) {
    const progress value = random_progress(random);
    const auto read = decode_progress(encode_progress(value));
    ASSERT_TRUE(read) << read.error().detail;
    ASSERT_EQ(*read, value);
  }
}

TEST(Facts, SessionRowTouchesNeitherIdNorChunks) {
  recording into;
  into.id = *session_id::parse("me", id_format::token);
  into.chunks.add(3, chunk{});
  into.sha256.emplace();
  into.name = "old";
  recording row;
  row.name = "new";
  ASSERT_TRUE(decode_session(encode_session(row), into));
  EXPECT_EQ(into.id.text(), "me");
  EXPECT_EQ(into.chunks.size(), 1U);
  EXPECT_EQ(into.name, "new");
  EXPECT_EQ(into.sha256, std::nullopt) << "a digest the row does not have must not stay";
}

TEST(Facts, DamagedSessionRowChangesNothing) {
  test::seeded random{"Facts.DamagedSessionRowChangesNothing"};
  const recording before = random_recording(random);
  const std::string bytes = encode_session(random_recording(random));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    recording into = before;
    ASSERT_FALSE(decode_session(std::string_view{bytes}.substr(0, size), into));
    expect_same(into, before);
  }
}

TEST(Facts, TombstoneIsAFewBytes) {
  recording gone;
  gone.now = state::cancelled;
  gone.ended_at = utc_time{std::chrono::milliseconds{1'700'000'000'000}};
  EXPECT_LE(encode_session(gone).size(), 28U);
}

TEST(Facts, ProgressRowWithoutAnEraIsTheSmallest) {
  progress vouched;
  vouched.vouched_bytes = 1'048'576;
  vouched.touched_at = utc_time{std::chrono::milliseconds{1'700'000'000'000}};
  EXPECT_EQ(encode_progress(vouched).size(), 11U);
}

/// A session row whose field at `which` (in the order of the row, after the version) is `number`.
std::string session_row_with(int which, std::uint64_t number) {
  binary_writer out;
  const auto pick = [&](int field) { return which == field ? number : 0; };
  out.u8(1);
  for (int field = 0; field < 2; ++field) out.u8(static_cast<std::uint8_t>(pick(field)));
  for (int field = 2; field < 9; ++field) out.varint(pick(field));
  for (int text = 0; text < 6; ++text) out.text("");
  out.varint(pick(9));
  out.text(which == 10 ? std::string(number, 'x') : std::string{});
  out.u8(static_cast<std::uint8_t>(pick(11)));
  return out.take();
}

TEST(Facts, SessionValuesOutOfTheirRangeAreDamaged) {
  struct bound {
    int field;
    std::uint64_t last_good;
  };
  // Optional values are stored plus one.
  for (const bound& one :
       {bound{0, 7}, bound{1, 1}, bound{2, last_ms}, bound{3, last_ms}, bound{4, number_max + 1},
        bound{5, limits::chunk_index_max + 1U}, bound{6, number_max + 1}, bound{7, limits::chunks_max + 1U},
        bound{8, number_max + 1}, bound{9, number_max}, bound{11, 2}}) {
    const auto good = decode_a_session(session_row_with(one.field, one.last_good));
    EXPECT_TRUE(good) << "field " << one.field << ": " << good.error().detail;
    const auto bad = decode_a_session(session_row_with(one.field, one.last_good + 1));
    EXPECT_FALSE(bad) << "field " << one.field;
  }
  // 2^32 + 5 must not be read as 5.
  EXPECT_FALSE(decode_a_session(session_row_with(7, (std::uint64_t{1} << 32U) + 6)));
  for (const std::uint64_t size : {1U, 31U, 33U}) EXPECT_FALSE(decode_a_session(session_row_with(10, size)));
  EXPECT_TRUE(decode_a_session(session_row_with(10, 32)));
}

std::string chunk_row(std::uint64_t length_plus_one, std::uint8_t where, std::uint64_t offset, std::uint64_t generation,
                      std::uint64_t created_ms, std::uint64_t crc32c_plus_one = 0) {
  binary_writer out;
  out.u8(1);
  out.varint(length_plus_one);
  out.varint(0);
  out.u8(where);
  out.varint(offset);
  out.varint(generation);
  out.varint(created_ms);
  out.text("");
  out.text("");
  out.varint(crc32c_plus_one);
  return out.take();
}

TEST(Facts, ChunkValuesOutOfTheirRangeAreDamaged) {
  EXPECT_TRUE(decode_chunk(chunk_row(number_max + 1, 3, number_max, 0xFFFFFFFF, last_ms)));
  EXPECT_FALSE(decode_chunk(chunk_row(number_max + 2, 3, 0, 0, 0)));
  EXPECT_FALSE(decode_chunk(chunk_row(0, 4, 0, 0, 0)));
  EXPECT_FALSE(decode_chunk(chunk_row(0, 3, number_max + 1, 0, 0)));
  EXPECT_FALSE(decode_chunk(chunk_row(0, 3, 0, 0x100000000, 0))) << "must not be read as generation 0";
  EXPECT_FALSE(decode_chunk(chunk_row(0, 3, 0, 0, last_ms + 1)));
  EXPECT_TRUE(decode_chunk(chunk_row(0, 3, 0, 0, 0, 0x100000000)));
  EXPECT_FALSE(decode_chunk(chunk_row(0, 3, 0, 0, 0, 0x100000001)));
}

TEST(Facts, WhatCannotBeStoredIsStoredAsTheNearest) {
  // No parser lets such values in; a row that cannot be read back would cost the whole session.
  recording value;
  value.created_at = utc_time{std::chrono::milliseconds{-5}};
  value.ended_at = utc_time::max();
  value.chunk_size_bytes = std::numeric_limits<std::uint64_t>::max();
  value.duration_ms = number_max + 1;
  value.total = limits::chunks_max + 1U;
  const auto read = decode_a_session(encode_session(value));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->created_at, utc_time{});
  EXPECT_EQ(read->ended_at, utc_time{std::chrono::milliseconds{last_ms}});
  EXPECT_EQ(read->chunk_size_bytes, number_max);
  EXPECT_EQ(read->duration_ms, number_max);
  EXPECT_EQ(read->total, limits::chunks_max);
}

TEST(Facts, PlanNumbersAreThoseOnDisk) {
  static_assert(static_cast<int>(plan_kind::adopt) == 1 && static_cast<int>(plan_kind::build) == 2);
  static_assert(static_cast<int>(home::none) == 0 && static_cast<int>(home::segment) == 1);
  static_assert(static_cast<int>(home::own_file) == 2 && static_cast<int>(home::recording) == 3);
  static_assert(static_cast<int>(state::open) == 0 && static_cast<int>(state::sealed) == 1);
  static_assert(static_cast<int>(state::assembling) == 2 && static_cast<int>(state::assembled) == 3);
  static_assert(static_cast<int>(state::failed) == 4 && static_cast<int>(state::damaged) == 5);
  static_assert(static_cast<int>(state::cancelled) == 6 && static_cast<int>(state::expired) == 7);
}

}  // namespace
}  // namespace wf::session
