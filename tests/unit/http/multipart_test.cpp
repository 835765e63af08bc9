// Multipart forms: parts and bytes are the same however the body is split; everything is bounded.
#include "waveforge/http/multipart.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/guard_page.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::http {
namespace {

using event = multipart_parser::event;

/// What was seen, as text: "[name|file|type:bytes]" for each part, then "$" for the end or "!" and the sentence.
struct listener {
  std::string seen{};
  bool stopped{false};

  void feed(multipart_parser& parser, std::string_view piece) {
    const test::guarded_bytes guarded{piece};
    std::span<const std::byte> rest = guarded.bytes();
    while (!stopped) {
      const auto step = parser.next(rest);
      ASSERT_LE(step.consumed_bytes, rest.size());
      switch (step.what) {
        case event::more: ASSERT_EQ(step.consumed_bytes, rest.size()); return;
        case event::part_begin:
          seen += "[" + parser.part().disposition.name + "|" + parser.part().disposition.file_name.value_or("-") + "|" +
                  parser.part().content_type + ":";
          break;
        case event::part_data:
          ASSERT_FALSE(step.data.empty());
          seen.append(reinterpret_cast<const char*>(step.data.data()), step.data.size());
          break;
        case event::part_end: seen += "]"; break;
        case event::finished:
          seen += "$";
          stopped = true;
          break;
        case event::refused:
          seen += "!" + std::string{parser.why().detail};
          stopped = true;
          break;
      }
      rest = rest.subspan(step.consumed_bytes);
    }
  }
};

constexpr std::string_view type = "multipart/form-data; boundary=B-1";

std::string run(std::string_view body, std::size_t first, std::size_t step) {
  auto parser = multipart_parser::for_content_type(type);
  EXPECT_TRUE(parser);
  listener heard;
  for (std::size_t at = 0; at < body.size() && !heard.stopped;) {
    const std::size_t size = at == 0 ? first : step;
    heard.feed(*parser, body.substr(at, size));
    at += size;
  }
  const auto whole = parser->end_of_body();
  EXPECT_EQ(!whole, heard.seen.ends_with("$"));
  return heard.seen;
}

std::string parse(std::string_view body) {
  const std::string expected = run(body, body.size(), 1);
  EXPECT_EQ(run(body, 1, 1), expected) << "byte by byte";
  for (std::size_t cut = 1; cut < body.size() && body.size() < 1000; ++cut)
    EXPECT_EQ(run(body, cut, body.size()), expected) << "cut at " << cut;
  for (const std::size_t step : {2U, 3U, 7U, 11U}) EXPECT_EQ(run(body, step, step), expected) << "step " << step;
  return expected;
}

std::string part(std::string_view name, std::string_view bytes) {
  return "--B-1\r\nContent-Disposition: form-data; name=\"" + std::string{name} + "\"\r\n\r\n" + std::string{bytes} +
         "\r\n";
}

TEST(multipart, reads_what_a_browser_sends) {
  EXPECT_EQ(
      parse(part("session_id", "abc") + "--B-1\r\ncontent-disposition: form-data; name=\"file\"; "
                                        "filename=\"a.webm\"\r\nContent-Type: audio/webm\r\nX-Other: y\r\n\r\nbytes\r\n"
                                        "--B-1--\r\n"),
      "[session_id|-|:abc][file|a.webm|audio/webm:bytes]$");
}

TEST(multipart, hands_out_bytes_that_only_look_like_a_boundary) {
  for (const std::string_view bytes :
       {"", "\r", "\n", "\r\n", "\r\r\n", "\r\n-", "\r\n--", "\r\n--B", "\r\n--B-", "\r\n--B-\r\n--B-", "\r\n\r\n--B-2",
        "--B-1", "\r\n--\r\n--B", "x\r\n--b-1", "\n--B-1\r\n", "\r--B-1\r\n"}) {
    EXPECT_EQ(parse(part("f", bytes) + "--B-1--"), "[f|-|:" + std::string{bytes} + "]$") << bytes;
  }
}

TEST(multipart, gives_runs_as_long_as_the_input) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "ab\r\ncd\r--B";
  const std::string body = part("f", bytes) + "--B-1--";
  auto parser = multipart_parser::for_content_type(type);
  std::span<const std::byte> rest{reinterpret_cast<const std::byte*>(body.data()), body.size()};
  int runs = 0;
  for (;;) {
    const auto step = parser->next(rest);
    rest = rest.subspan(step.consumed_bytes);
    if (step.what == event::part_data) ++runs;
    if (step.what == event::finished) break;
    ASSERT_NE(step.what, event::refused);
  }
  EXPECT_EQ(runs, 1);
}

TEST(multipart, skips_preamble_padding_and_epilogue) {
  EXPECT_EQ(parse("before\r\n--B\r\n--B-1 \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B-1-- \r\nafter "
                  "--B-1\r\n"),
            "[a|-|:1]$");
  EXPECT_EQ(parse("\r\n--B-1\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B-1--"), "[a|-|:1]$");
  EXPECT_EQ(parse("--B-1--"), "$");
  // The CRLF that a body is taken to begin with counts as two.
  EXPECT_EQ(run(std::string(limits::part_head_bytes_max - 2, 'x') + "\r\n--B-1--", 100, 100), "$");
  EXPECT_TRUE(run(std::string(limits::part_head_bytes_max + 1, 'x') + "\r\n--B-1--", 100, 100).starts_with("!"));
  EXPECT_TRUE(run(std::string(limits::part_head_bytes_max + 1, 'x') + "\r\n--B-1--", 9000, 1).starts_with("!"));
}

TEST(multipart, an_epilogue_ends_some_time) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{100}, std::size_t{limits::part_head_bytes_max}}) {
    auto parser = multipart_parser::for_content_type(type);
    ASSERT_EQ(parser->next(std::as_bytes(std::span{std::string_view{"--B-1--"}})).what, event::finished);
    const std::string piece(step, 'x');
    for (std::size_t sent = step; sent <= limits::part_head_bytes_max; sent += step) {
      ASSERT_EQ(parser->next(std::as_bytes(std::span{piece})).what, event::finished) << sent;
    }
    EXPECT_FALSE(parser->end_of_body());
    EXPECT_EQ(parser->next(std::as_bytes(std::span{piece})).what, event::refused);
    EXPECT_TRUE(parser->end_of_body());
  }
}

TEST(multipart, says_when_the_form_is_cut_off) {
  for (const std::string_view body : {"", "--B", "--B-1", "--B-1-", "--B-1\r\n",
                                      "--B-1\r\nContent-Disposition: form-data; name=a\r\n\r\nbytes\r\n--B-1\r"}) {
    const std::string seen = parse(body);
    EXPECT_FALSE(seen.ends_with("$")) << body;
    EXPECT_FALSE(seen.starts_with("!")) << body;
  }
}

TEST(multipart, refuses_malformed_parts) {
  for (const std::string_view after :
       {"\r\n\r\nx", "\r\nContent-Type: a/b\r\n\r\n", "\r\nContent-Disposition: attachment\r\n\r\n",
        "\r\nContent-Disposition form-data; name=a\r\n\r\n",
        "\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\n",
        "\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n",
        "\r\nContent-Disposition: form-data; name=a\nX: y\r\n\r\n", "x\r\n", "-x", "\n", "\rx"}) {
    EXPECT_NE(parse("--B-1" + std::string{after}).find('!'), std::string::npos) << after;
  }
}

TEST(multipart, is_bounded) {
  const std::string start = "--B-1\r\nContent-Disposition: form-data; name=a\r\nX: ";
  const std::size_t room = limits::part_head_bytes_max - (start.size() - 7) - 4;
  EXPECT_EQ(run(start + std::string(room, 'x') + "\r\n\r\n\r\n--B-1--", 50, 50), "[a|-|:]$");
  EXPECT_TRUE(run(start + std::string(room + 1, 'x') + "\r\n\r\n\r\n--B-1--", 50, 50).starts_with("!"));
  std::string many;
  for (std::uint32_t i = 0; i < limits::form_fields_max; ++i) many += part("a", "");
  EXPECT_TRUE(run(many + "--B-1--", 50, 50).ends_with("$"));
  EXPECT_NE(run(many + part("a", "") + "--B-1--", 50, 50).find('!'), std::string::npos);
}

TEST(multipart, wants_a_boundary) {
  for (const std::string_view bad :
       {"multipart/form-data", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=\"a\\\"\"", "multipart/form-data; boundary=a*b",
        "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(multipart_parser::for_content_type(bad).error().code, errc::bad_request) << bad;
  }
  EXPECT_EQ(multipart_parser::for_content_type("multipart/form-data; boundary=").error().code, errc::unsupported_media);
  EXPECT_EQ(multipart_parser::for_content_type("application/json").error().code, errc::unsupported_media);
  EXPECT_EQ(multipart_parser::for_content_type("multipart/mixed; boundary=a").error().code, errc::unsupported_media);
  EXPECT_TRUE(multipart_parser::for_content_type("multipart/form-data; boundary=\"a b'()+_,-./:=?9\""));
}

}  // namespace
}  // namespace wf::http
