// What a line of the log looks like, and that nothing a client sends can end or disguise it.
#include "waveforge/server/log_writer.hpp"

#include <gtest/gtest.h>

namespace wf::server {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

const utc_time moment{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} + 5h + 6min + 7s + 89ms};

std::string line(log_format as, std::initializer_list<log_field> fields) {
  return log_line(as, moment, log_level::warning, "something", fields);
}

TEST(log_line, text) {
  EXPECT_EQ(line(log_format::text, {{"a", "b"sv}, {"n", std::uint64_t{7}}, {"ok", true}, {"t", "two words"sv}}),
            "2026-03-04T05:06:07.089Z warning something a=b n=7 ok=true t=\"two words\"");
}

TEST(log_line, json) {
  EXPECT_EQ(
      line(log_format::json, {{"a", "b\"c"sv}, {"n", std::int64_t{-7}}, {"share", 0.5}}),
      R"({"time":"2026-03-04T05:06:07.089Z","level":"warning","event":"something","a":"b\"c","n":-7,"share":0.5})");
}

TEST(log_line, no_text_of_a_client_reaches_the_terminal_or_begins_a_line) {
  const auto nasty = "x\n2026-03-04 error forged\r\x1b[31m\x7f\x80 \xc2\x9b"sv;
  for (const log_format as : {log_format::text, log_format::json}) {
    const std::string out = line(as, {{"name", nasty}});
    for (const char c : out) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20) << out;
    EXPECT_EQ(out.find('\x1b'), std::string::npos);
  }
}

TEST(log_line, values_that_look_like_fields_are_quoted) {
  EXPECT_TRUE(line(log_format::text, {{"a", "b=c"sv}}).ends_with(" a=\"b=c\""));
  EXPECT_TRUE(line(log_format::text, {{"a", ""sv}}).ends_with(" a=\"\""));
}

}  // namespace
}  // namespace wf::server
