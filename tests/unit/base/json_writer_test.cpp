// JSON text: every escape, every kind of broken UTF-8, commas.
#include "waveforge/base/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace wf {
namespace {

std::string text(std::string_view from) {
  std::string out;
  append_json_text(out, from);
  return out;
}

TEST(json_text, escapes) {
  EXPECT_EQ(text(""), "\"\"");
  EXPECT_EQ(text("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(text("\n\r\t\b\x1f\x7f"), R"("\n\r\t\u0008\u001f\u007f")");
  EXPECT_EQ(text(std::string_view{"\0", 1}), R"("\u0000")");
  EXPECT_EQ(text("</script>"), R"("\u003c/script>")");
  EXPECT_EQ(text("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"\\u2028\\u2029\xe2\x80\xaa\"");
}

TEST(json_text, keeps_utf8_and_replaces_what_is_none) {
  EXPECT_EQ(text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\x99"), "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\x99\"");
  const std::string replacement = "\xef\xbf\xbd";
  for (const std::string_view bad : {"\x80", "\xc3", "\xc0", "\xff", "\xf5"})
    EXPECT_EQ(text(bad), "\"" + replacement + "\"");
  EXPECT_EQ(text("\xc0\xafx"), "\"" + replacement + replacement + "x\"");
  EXPECT_EQ(text("\xe2\x82"), "\"" + replacement + replacement + "\"");
}

TEST(utf8, knows_its_limits) {
  for (const std::string_view good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                      "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << text(good);
  }
  for (const std::string_view bad :
       {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xc2", "\xe0\xa0", "\xf0\x90\x80", "\xc2\x41", "a\xff"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(json_writer, puts_commas_where_they_belong) {
  std::string out;
  json_writer json{out};
  json.begin_object()
      .key("a")
      .begin_array()
      .end_array()
      .key("b")
      .begin_array()
      .value(1)
      .begin_object()
      .end_object()
      .null()
      .value(true)
      .end_array();
  json.key("c").begin_object().key("d").value("e").end_object().key("f").raw("[0]").end_object();
  EXPECT_EQ(out, R"({"a":[],"b":[1,{},null,true],"c":{"d":"e"},"f":[0]})");
}

TEST(json_writer, writes_numbers) {
  std::string out;
  json_writer json{out};
  json.begin_array().value(std::numeric_limits<std::uint64_t>::max()).value(std::numeric_limits<std::int64_t>::min());
  json.value(std::uint16_t{7}).value(0.1).value(1e300).value(std::nan("")).value(HUGE_VAL).value(false).end_array();
  EXPECT_EQ(out, "[18446744073709551615,-9223372036854775808,7,0.1,1e+300,null,null,false]");
}

}  // namespace
}  // namespace wf
