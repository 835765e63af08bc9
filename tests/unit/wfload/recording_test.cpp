// A recording's chunks tile its bytes, each is handed out once, and exactly the asked-for request tells the total.
#include "wfload/recording.hpp"

#include <gtest/gtest.h>

#include <set>

#include "wfload/base64.hpp"
#include "wfload/session_name.hpp"

namespace wf::load {
namespace {

options shape(std::uint32_t chunks, chunk_lengths lengths, chunk_order order, total_told total) {
  options how;
  how.seed = 5;
  how.chunk_bytes = 1000;
  how.chunks_per_recording = chunks;
  how.lengths = lengths;
  how.order = order;
  how.total = total;
  return how;
}

TEST(recording, chunks_tile_the_recording) {
  for (const auto lengths : {chunk_lengths::equal, chunk_lengths::last_short, chunk_lengths::random}) {
    const recording of{shape(37, lengths, chunk_order::in, total_told::last), 4};
    std::uint64_t at = 0;
    for (std::uint32_t index = 0; index < of.chunks(); ++index) {
      const slice one = of.chunk(index);
      EXPECT_EQ(one.stream, 4U);
      EXPECT_EQ(one.offset_bytes, at);
      EXPECT_GE(one.length_bytes, 1U);
      EXPECT_LE(one.length_bytes, 1000U);
      at += one.length_bytes;
    }
    EXPECT_EQ(of.size_bytes(), at);
  }
}

TEST(recording, each_chunk_is_handed_out_once_in_the_asked_for_order) {
  recording ascending{shape(20, chunk_lengths::equal, chunk_order::in, total_told::last), 1};
  recording shuffled{shape(20, chunk_lengths::equal, chunk_order::random, total_told::last), 1};
  std::set<std::uint32_t> seen;
  bool same = true;
  for (std::uint32_t position = 0; position < 20; ++position) {
    const auto one = ascending.take();
    const auto two = shuffled.take();
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->index, position);
    EXPECT_TRUE(seen.insert(two->index).second);
    same = same && one->index == two->index;
    EXPECT_EQ(two->tells_total, position == 19);
  }
  EXPECT_FALSE(same);
  EXPECT_FALSE(shuffled.take());
  EXPECT_TRUE(shuffled.all_taken());
}

TEST(recording, the_total_is_told_where_asked) {
  const auto tellers = [](total_told total) {
    recording of{shape(5, chunk_lengths::equal, chunk_order::in, total), 1};
    std::string out;
    while (const auto one = of.take()) out += one->tells_total ? 'x' : '.';
    return out;
  };
  EXPECT_EQ(tellers(total_told::first), "x....");
  EXPECT_EQ(tellers(total_told::last), "....x");
  EXPECT_EQ(tellers(total_told::every), "xxxxx");
  EXPECT_EQ(tellers(total_told::assemble), ".....");
}

TEST(session_name, is_a_canonical_uuid_and_unique) {
  std::set<std::string> seen;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    const std::string name = session_name(9, number);
    ASSERT_EQ(name.size(), 36U);
    for (std::size_t at = 0; at < name.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      ASSERT_EQ(name[at] == '-', dash) << name;
      ASSERT_TRUE(dash || std::string{"0123456789abcdef"}.find(name[at]) != std::string::npos) << name;
    }
    EXPECT_EQ(name[14], '4');
    EXPECT_TRUE(name[19] >= '8' && name[19] <= 'b') << name;
    EXPECT_TRUE(seen.insert(name).second);
  }
  EXPECT_EQ(session_name(9, 1), session_name(9, 1));
  EXPECT_NE(session_name(9, 1), session_name(8, 1));
}

TEST(base64, follows_rfc_4648_section_10) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

}  // namespace
}  // namespace wf::load
