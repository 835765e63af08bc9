// Keys are read back, sort as their numbers do, and belong to one session each.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "support/guard_page.hpp"
#include "support/seeded.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/session/fact.hpp"

namespace wf::session {
namespace {

using namespace std::chrono_literals;

session_id token(std::string_view text) {
  return *session_id::parse(text, id_format::token);
}
session_id upload(std::string_view text) {
  return *session_id::from_stored(id_space::upload, text);
}
utc_time at_ms(std::int64_t ms) {
  return utc_time{std::chrono::milliseconds{ms}};
}

std::vector<std::string> all_keys(const session_id& id, std::uint32_t index, utc_time at) {
  return {session_key(id), work_key(id), chunk_key(id, index), progress_key(id, index), expiry_key(at, id)};
}

TEST(FactKey, HasTheBytesOfTheFormat) {
  EXPECT_EQ(session_key(token("ab")), (std::string{"srab\0", 5}));
  EXPECT_EQ(work_key(token("ab")), (std::string{"wrab\0", 5}));
  EXPECT_EQ(chunk_key(upload("ab"), 0x010203), (std::string{"cuab\0\0\x01\x02\x03", 9}));
  EXPECT_EQ(progress_key(token("ab"), 5), (std::string{"brab\0\0\0\0\x05", 9}));
  EXPECT_EQ(expiry_key(at_ms(0x0102), token("ab")), (std::string{"e\0\0\0\0\0\0\x01\x02rab\0", 13}));
  EXPECT_EQ(chunk_prefix(fact_kind::chunk, token("ab")), (std::string{"crab\0", 5}));
}

TEST(FactKey, IsReadBack) {
  test::seeded random{"FactKey.IsReadBack"};
  constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  for (int round = 0; round < 2'000; ++round) {
    std::string text(static_cast<std::size_t>(random.between(1, 64)), '\0');
    for (char& c : text) c = alphabet[static_cast<std::size_t>(random.between(0, alphabet.size() - 1))];
    const session_id id = random.one_in(2) ? upload(text) : *session_id::from_stored(id_space::recording, text);
    const auto index = static_cast<std::uint32_t>(random.number(limits::chunk_index_max));
    const utc_time at = at_ms(static_cast<std::int64_t>(random.number(253'402'300'799'999)));
    const fact_kind kinds[] = {fact_kind::session, fact_kind::work, fact_kind::chunk, fact_kind::progress,
                               fact_kind::expiry};
    const std::vector<std::string> keys = all_keys(id, index, at);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const test::guarded_bytes guarded{keys[i]};
      const auto read = parse_key(guarded.view());
      ASSERT_TRUE(read) << read.error().detail;
      EXPECT_EQ(read->kind, kinds[i]);
      EXPECT_EQ(read->id, id);
      const bool indexed = kinds[i] == fact_kind::chunk || kinds[i] == fact_kind::progress;
      EXPECT_EQ(read->index, indexed ? index : 0);
      EXPECT_EQ(read->at, kinds[i] == fact_kind::expiry ? at : utc_time{});
    }
  }
}

TEST(FactKey, NamesItsSession) {
  const session_id ids[] = {token("ab"), token("abc"), upload("ab"), token("e"), upload("r")};
  for (const session_id& one : ids) {
    for (const session_id& other : ids) {
      // A time and an index with zero bytes in them, which end no id.
      for (const std::string& key : all_keys(one, 0, at_ms(0x0102))) {
        for (const std::string& second : all_keys(other, 0x010203, at_ms(0))) {
          EXPECT_EQ(owner_of(key) == owner_of(second), one == other) << one.text() << " and " << other.text();
        }
      }
    }
  }
}

TEST(FactKey, OfAnUnknownFormIsAllOwner) {
  for (const std::string_view key : {"", "e", "e1234567", "e12345678", "row", "s"}) EXPECT_EQ(owner_of(key), key);
}

TEST(FactKey, NoSessionsKeysAreAPrefixOfAnothers) {
  // Ids that are prefixes of each other, and one text in both name spaces; "r" and "u" are the name spaces' own
  // letters.
  const std::vector<session_id> ids{token("a"),
                                    token("ab"),
                                    token("abc"),
                                    token("r"),
                                    token("u"),
                                    token("ru"),
                                    upload("a"),
                                    upload("ab"),
                                    upload("r"),
                                    upload("ru"),
                                    token("-"),
                                    token("_"),
                                    token("a-"),
                                    token("a0"),
                                    token("0"),
                                    token("00"),
                                    token(std::string(63, 'a')),
                                    token(std::string(64, 'a'))};
  for (const session_id& a : ids) {
    std::vector<std::string> mine = all_keys(a, 0, at_ms(0));
    mine.push_back(chunk_prefix(fact_kind::chunk, a));
    mine.push_back(chunk_prefix(fact_kind::progress, a));
    for (const session_id& b : ids) {
      if (a == b) continue;
      for (const std::string& key : mine) {
        for (const std::string& other : all_keys(b, 0, at_ms(0))) {
          EXPECT_FALSE(other.starts_with(key)) << a.text() << " and " << b.text();
        }
      }
    }
  }
}

TEST(FactKey, PrefixFindsEveryChunkOfTheSession) {
  for (const std::uint32_t index : {0U, 1U, 255U, 256U, 999'999U}) {
    EXPECT_TRUE(chunk_key(token("ab"), index).starts_with(chunk_prefix(fact_kind::chunk, token("ab"))));
    EXPECT_TRUE(progress_key(token("ab"), index).starts_with(chunk_prefix(fact_kind::progress, token("ab"))));
  }
}

TEST(FactKey, ChunksSortByIndex) {
  std::vector<std::string> keys;
  for (const std::uint32_t index : {0U, 1U, 9U, 10U, 99U, 127U, 128U, 255U, 256U, 65'535U, 65'536U, 999'999U}) {
    keys.push_back(chunk_key(token("x"), index));
  }
  EXPECT_TRUE(std::ranges::is_sorted(keys));
}

TEST(FactKey, ExpiriesSortByTimeBeforeAnyId) {
  std::vector<std::string> keys;
  for (const std::int64_t ms : {0LL, 1LL, 255LL, 256LL, 1'700'000'000'000LL, 253'402'300'799'999LL}) {
    keys.push_back(expiry_key(at_ms(ms), token("z")));
    keys.push_back(expiry_key(at_ms(ms), upload("0")));
  }
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_EQ(expiry_key(at_ms(-1), token("z")), expiry_key(at_ms(0), token("z"))) << "long past is due, not far ahead";
  EXPECT_EQ(expiry_key(utc_time::max(), token("z")), expiry_key(at_ms(253'402'300'799'999), token("z")));
}

TEST(FactKey, EverythingElseIsDamaged) {
  const std::string id_64(64, 'a');
  std::set<std::string> strangers{
      "",
      "s",
      "sr",
      "srab",                                                     // the id does not end
      "sxab" + std::string(1, '\0'),                              // no such name space
      "xrab" + std::string(1, '\0'),                              // no such kind
      "sr" + std::string(1, '\0'),                                // no id
      "sra.b" + std::string(1, '\0'),                             // not an id
      "sr../x" + std::string(1, '\0'),                            //
      "sr" + id_64 + "a" + std::string(1, '\0'),                  // too long
      "srab" + std::string(2, '\0'),                              // trailing byte
      "crab" + std::string(4, '\0'),                              // three bytes of index
      "crab" + std::string(6, '\0'),                              // five bytes of index
      "crab" + std::string("\0\0\x0F\x42\x40", 5),                // 1,000,000
      "crab" + std::string("\0\xFF\xFF\xFF\xFF", 5),              //
      "e" + std::string(7, '\0') + "rab" + std::string(1, '\0'),  // seven bytes of time
      "e\xFF" + std::string(7, '\0') + "rab" + std::string(1, '\0'),
  };
  for (const std::string& key : all_keys(token("ab"), 3, at_ms(77))) {
    for (std::size_t size = 0; size < key.size(); ++size) strangers.insert(key.substr(0, size));
    strangers.insert(key + "x");
    strangers.insert(key + std::string(1, '\0'));
  }
  for (const std::string& key : strangers) {
    const test::guarded_bytes guarded{key};
    const auto read = parse_key(guarded.view());
    EXPECT_FALSE(read) << ::testing::PrintToString(key);
    EXPECT_TRUE(read || read.error().code == errc::damaged);
  }
}

TEST(FactKey, RandomBytesAreDamagedOrAKeyOfOurs) {
  test::seeded random{"FactKey.RandomBytesAreDamagedOrAKeyOfOurs"};
  for (int round = 0; round < 5'000; ++round) {
    std::string key;
    if (random.one_in(4)) {
      key = random.bytes(90);
    } else {
      const std::vector<std::string> keys = all_keys(token("abc"), random.index(0, limits::chunk_index_max), at_ms(5));
      key = keys[static_cast<std::size_t>(random.between(0, keys.size() - 1))];
      key[static_cast<std::size_t>(random.between(0, key.size() - 1))] = static_cast<char>(random.between(0, 255));
    }
    const test::guarded_bytes guarded{key};
    const auto read = parse_key(guarded.view());
    if (!read) {
      ASSERT_EQ(read.error().code, errc::damaged);
      continue;
    }
    const std::vector<std::string> same = all_keys(read->id, read->index, read->at);
    ASSERT_NE(std::ranges::find(same, key), same.end()) << ::testing::PrintToString(key);
  }
}

}  // namespace
}  // namespace wf::session
