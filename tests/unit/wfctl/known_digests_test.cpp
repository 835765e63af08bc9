// Sums of recording.meta are read or ignored, never guessed, and a changed byte is found in its chunk.
#include "wfctl/known_digests.hpp"

#include <gtest/gtest.h>

#include "support/seeded.hpp"
#include "support/temporary_directory.hpp"
#include "unit/wfctl/scene.hpp"
#include "waveforge/base/crc32c.hpp"

namespace wf::ctl {
namespace {

using test::bytes_of;

TEST(known_digests, are_what_the_manifest_says) {
  const std::string hex(64, 'a');
  const auto known = read_digests(R"({"sha256":")" + hex +
                                  R"(","chunks":[{"index":0,"length":5,"crc32c":"e3069283"},{"index":1,"length":0}]})");
  EXPECT_EQ(known.sha256, hex);
  ASSERT_EQ(known.chunks.size(), 2U);
  EXPECT_EQ(known.chunks[0].crc32c, 0xE3069283U);
  EXPECT_FALSE(known.chunks[1].crc32c);
}

TEST(known_digests, are_what_the_facts_say) {
  session::recording value = scene::finished("x", 2);
  EXPECT_TRUE(digests_of(value).chunks.empty());
  EXPECT_TRUE(digests_of(value).sha256.empty());
  value.chunks.find(1)->crc32c = 7;
  value.sha256.emplace().fill(0xab);
  const auto known = digests_of(value);
  ASSERT_EQ(known.chunks.size(), 2U);
  EXPECT_FALSE(known.chunks[0].crc32c);
  EXPECT_EQ(known.chunks[1].crc32c, 7U);
  EXPECT_EQ(known.chunks[1].length_bytes, 100U);
  EXPECT_EQ(known.sha256.substr(0, 4), "abab");
}

TEST(known_digests, have_the_name_of_what_is_compared) {
  known_digests known;
  EXPECT_EQ(known.kind(), "none");
  known.chunks.push_back({0, 5, 7});
  EXPECT_EQ(known.kind(), "crc32c");
  known.sha256 = std::string(64, 'a');
  EXPECT_EQ(known.kind(), "sha256");
}

TEST(known_digests, of_anything_else_nothing_is_known) {
  for (const char* text : {"", "{", "[]", R"({"sha256":"short","chunks":7})", R"({"chunks":[{"index":0}]})",
                           R"({"chunks":[{"index":0,"length":5}]})",
                           R"({"manifest_version":2,"chunks":[{"index":0,"length":5,"crc32c":"e3069283"}]})"}) {
    const auto known = read_digests(text);
    EXPECT_TRUE(known.sha256.empty()) << text;
    EXPECT_TRUE(known.chunks.empty()) << text;
  }
}

TEST(chunk_checker, names_the_chunk_of_a_flipped_bit_however_the_bytes_are_cut) {
  test::seeded random{"chunk_checker"};
  for (int round = 0; round < 200; ++round) {
    std::string all;
    std::vector<chunk_sum> chunks;
    const std::uint32_t count = random.index(1, 8);
    for (std::uint32_t index = 0; index < count; ++index) {
      const std::string part = random.bytes(50);
      chunks.push_back({index, part.size(), crc32c(0, bytes_of(part))});
      all += part;
    }
    std::vector<std::uint32_t> expected;
    if (!all.empty() && !random.one_in(4)) {
      const auto at = static_cast<std::size_t>(random.between(0, all.size() - 1));
      all[at] = static_cast<char>(all[at] ^ (1 << random.index(0, 6)));
      std::uint64_t end = 0;
      for (const auto& one : chunks) {
        end += one.length_bytes;
        if (at < end) {
          expected.push_back(one.index);
          break;
        }
      }
    }
    chunk_checker checker{chunks};
    for (std::size_t at = 0; at < all.size();) {
      const auto size = static_cast<std::size_t>(random.between(1, all.size() - at));
      checker.add(bytes_of(all).subspan(at, size));
      at += size;
    }
    checker.add({});
    ASSERT_EQ(checker.wrong(), expected);
  }
}

}  // namespace
}  // namespace wf::ctl
