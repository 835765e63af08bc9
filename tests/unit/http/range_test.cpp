// Range, entity tags and dates: what a download is asked for.
#include "waveforge/http/range.hpp"

#include <gtest/gtest.h>

#include "waveforge/http/date.hpp"
#include "waveforge/http/entity_tag.hpp"

namespace wf::http {
namespace {

using namespace std::chrono_literals;

range_choice part(std::uint64_t first, std::uint64_t last) {
  return {range_kind::part, first, last};
}
constexpr range_choice whole{};
constexpr range_choice unsatisfiable{range_kind::unsatisfiable, 0, 0};

TEST(range, reads_one_range) {
  EXPECT_EQ(choose_range("bytes=0-499", 1000), part(0, 499));
  EXPECT_EQ(choose_range("bytes=500-", 1000), part(500, 999));
  EXPECT_EQ(choose_range("bytes=-300", 1000), part(700, 999));
  EXPECT_EQ(choose_range("Bytes= 0-0 ", 1000), part(0, 0));
  EXPECT_EQ(choose_range("bytes=999-5000", 1000), part(999, 999));
  EXPECT_EQ(choose_range("bytes=-5000", 1000), part(0, 999));
  EXPECT_EQ(choose_range("bytes=0-99999999999999999999999999", 1000), part(0, 999));
  EXPECT_EQ(part(5, 9).length_bytes(), 5U);
}

TEST(range, knows_what_cannot_be_satisfied) {
  EXPECT_EQ(choose_range("bytes=1000-", 1000), unsatisfiable);
  EXPECT_EQ(choose_range("bytes=1000-1001", 1000), unsatisfiable);
  EXPECT_EQ(choose_range("bytes=99999999999999999999999999-", 1000), unsatisfiable);
  EXPECT_EQ(choose_range("bytes=-0", 1000), unsatisfiable);
  EXPECT_EQ(choose_range("bytes=0-", 0), unsatisfiable);
  EXPECT_EQ(choose_range("bytes=-1", 0), unsatisfiable);
}

TEST(range, ignores_everything_else) {
  for (const std::string_view field : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5", "bytes=5-4",
                                       "bytes=0-1,3-4", "bytes=0-1,", "items=0-1", "bytes =0-1", "bytes=0 -1",
                                       "bytes=0- 1", "bytes=--1", "bytes=+0-1", "bytes=0x0-1", "bytes=1-2-3"}) {
    EXPECT_EQ(choose_range(field, 1000), whole) << field;
  }
}

TEST(entity_tag, reads_one) {
  EXPECT_EQ(parse_entity_tag("\"abc\"")->opaque, "abc");
  EXPECT_FALSE(parse_entity_tag("\"abc\"")->weak);
  EXPECT_TRUE(parse_entity_tag("W/\"\"")->weak);
  EXPECT_EQ(parse_entity_tag("\"\xc3\xa4,!#\"")->opaque, "\xc3\xa4,!#");
  for (const std::string_view text :
       {"", "abc", "\"", "\"abc", "abc\"", "w/\"a\"", "W/", "W/a", "\"a b\"", "\"a\"b", "\"a\" ", "\"\x7f\"", "*"}) {
    EXPECT_FALSE(parse_entity_tag(text)) << text;
  }
}

TEST(entity_tag, compares) {
  const entity_tag strong{"a", false};
  const entity_tag weak{"a", true};
  EXPECT_TRUE(equal_strongly(strong, strong));
  EXPECT_FALSE(equal_strongly(strong, weak));
  EXPECT_FALSE(equal_strongly(weak, weak));
  EXPECT_TRUE(equal_weakly(strong, weak));
  EXPECT_FALSE(equal_weakly(strong, {"b", false}));
}

TEST(entity_tag, answers_if_none_match) {
  const entity_tag now{"a,b", false};
  EXPECT_TRUE(none_match_hits("*", now));
  EXPECT_TRUE(none_match_hits("\"a,b\"", now));
  EXPECT_TRUE(none_match_hits("W/\"a,b\"", now));
  EXPECT_TRUE(none_match_hits(" , \"x\" ,W/\"y\",\t\"a,b\"", now));
  EXPECT_FALSE(none_match_hits("\"x\", \"a\"", now));
  EXPECT_FALSE(none_match_hits("", now));
  EXPECT_FALSE(none_match_hits("a,b", now));
  EXPECT_FALSE(none_match_hits("\"x\" \"a,b\"", now));
  EXPECT_FALSE(none_match_hits("broken, \"a,b\"", now));
}

TEST(entity_tag, answers_if_range) {
  EXPECT_TRUE(if_range_holds("\"a\"", {"a", false}));
  EXPECT_FALSE(if_range_holds("W/\"a\"", {"a", false}));
  EXPECT_FALSE(if_range_holds("\"a\"", {"a", true}));
  EXPECT_FALSE(if_range_holds("\"b\"", {"a", false}));
  EXPECT_FALSE(if_range_holds("Sun, 06 Nov 1994 08:49:37 GMT", {"a", false}));
}

TEST(date, writes_and_reads_the_fixed_form) {
  const std::chrono::sys_seconds time{784'111'777s};
  EXPECT_EQ(as_view(format_date(time)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), time);
  EXPECT_EQ(as_view(format_date(std::chrono::sys_seconds{0s})), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(as_view(format_date(std::chrono::sys_seconds{std::chrono::seconds::max()})),
            "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT"), parse_date("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST(date, round_trips_every_day_of_forty_years) {
  for (int day = -3000; day < 12'000; ++day) {
    const std::chrono::sys_seconds time{std::chrono::days{day} + 86'399s};
    ASSERT_EQ(parse_date(as_view(format_date(time))), time) << day;
  }
}

TEST(date, refuses_other_forms_and_days_that_are_none) {
  for (const std::string_view text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT ",
        "Wed, 30 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMTx"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

}  // namespace
}  // namespace wf::http
