// Numbers and times read as people say them, and a stranger's words cannot take the terminal over.
#include "wfctl/text.hpp"

#include <gtest/gtest.h>

#include "support/seeded.hpp"
#include "waveforge/base/json_writer.hpp"

namespace wf::ctl {
namespace {

using namespace std::chrono_literals;

TEST(text, sizes_have_two_or_three_digits) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1000), "1.0 KiB");
  EXPECT_EQ(human_size(1024), "1.0 KiB");
  EXPECT_EQ(human_size(1'048'576), "1.0 MiB");
  EXPECT_EQ(human_size(1'048'575), "1.0 MiB");
  EXPECT_EQ(human_size(12'900'000), "12.3 MiB");
  EXPECT_EQ(human_size(104'857'600), "100 MiB");
  EXPECT_EQ(human_size(~std::uint64_t{0}), "16.0 EiB");
}

TEST(text, counts_are_grouped_in_threes) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1 000");
  EXPECT_EQ(human_count(1'234'567), "1 234 567");
  EXPECT_EQ(counted(1, "chunk", "chunks"), "1 chunk");
  EXPECT_EQ(counted(0, "chunk", "chunks"), "0 chunks");
}

TEST(text, ages_look_back_and_ahead) {
  const utc_time now{std::chrono::hours{1'000'000}};
  EXPECT_EQ(human_age(now, now), "just now");
  EXPECT_EQ(human_age(now - 5s, now), "5 s ago");
  EXPECT_EQ(human_age(now - 3min, now), "3 min ago");
  EXPECT_EQ(human_age(now - 5h, now), "5 h ago");
  EXPECT_EQ(human_age(now - 100h, now), "4 d ago");
  EXPECT_EQ(human_age(now + 3min, now), "in 3 min");
  EXPECT_EQ(human_duration(12ms), "12 ms");
  EXPECT_EQ(human_duration(6200ms), "6.2 s");
  EXPECT_EQ(human_duration(200s), "3 min 20 s");
  EXPECT_EQ(human_duration(125min), "2 h 5 min");
}

TEST(text, control_characters_are_shown_and_not_obeyed) {
  EXPECT_EQ(printable("plain"), "plain");
  EXPECT_EQ(printable("Gespräch №1 🎙"), "Gespräch №1 🎙");
  EXPECT_EQ(printable("\033[2Jgone"), "\\x1b[2Jgone");
  EXPECT_EQ(printable("a\r\nb\x7f"), "a\\x0d\\x0ab\\x7f");
  EXPECT_EQ(printable("\u009b31m"), "\\u009b31m");
  EXPECT_EQ(printable("txt.\u202egpj"), "txt.\\u202egpj");
  EXPECT_EQ(printable("\xff\xc0\x80"), "\\xff\\xc0\\x80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("cut \xf0\x9f"), "cut \\xf0\\x9f");
}

TEST(text, whatever_the_bytes_are_the_result_is_utf8_without_controls) {
  test::seeded random{"printable"};
  for (int round = 0; round < 2000; ++round) {
    const std::string shown = printable(random.bytes(40));
    ASSERT_TRUE(is_utf8(shown)) << shown;
    for (const char c : shown) ASSERT_GE(static_cast<unsigned char>(c), 0x20U);
  }
}

TEST(text, cutting_counts_characters_and_never_splits_one) {
  EXPECT_EQ(columns_of("äöü"), 3U);
  EXPECT_EQ(shortened("äöü", 3), "äöü");
  EXPECT_EQ(shortened("äöüß", 3), "äö…");
  EXPECT_EQ(shortened("abc", 1), "…");
  EXPECT_EQ(shortened("abc", 0), "");
}

}  // namespace
}  // namespace wf::ctl
