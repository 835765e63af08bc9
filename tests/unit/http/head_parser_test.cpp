// Every rule of the request head, each with the whole input at once, cut at every byte, and on both scanners.
#include "waveforge/http/head_parser.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/guard_page.hpp"

namespace wf::http {
namespace {

using namespace std::string_view_literals;

struct outcome {
  progress state{progress::more};
  refusal why{};
  std::string text{};  ///< everything a head says, on one line per fact

  friend bool operator==(const outcome&, const outcome&) = default;
};

void PrintTo(const outcome& what, std::ostream* out) {
  *out << static_cast<int>(what.state) << ' ' << to_number(what.why.code) << ' ' << what.why.detail << '\n'
       << what.text;
}

std::string describe(const request_head& head) {
  std::string text = std::string{head.verb_text()} + "\n" + std::string{head.path()} + "\n" +
                     std::string{head.query()} + "\n" + std::string{head.authority()} + "\n" +
                     std::to_string(head.version_minor()) + " " + std::to_string(static_cast<int>(head.form())) + " " +
                     std::to_string(head.length_bytes()) + "\n";
  for (const auto [name, value] : head.fields()) text += std::string{name} + "=" + std::string{value} + "\n";
  return text;
}

outcome judge(head_parser& parser, progress state) {
  if (state == progress::done) return {state, {}, describe(parser.head())};
  return {state, state == progress::refused ? parser.why() : refusal{}, {}};
}

/// Parses `input` in every way that must make no difference and returns the common outcome.
outcome parse(std::string_view input) {
  const test::guarded_bytes whole{input};
  head_parser parser;
  const outcome expected = judge(parser, parser.parse(whole.view()));
  {
    head_parser portable;
    EXPECT_EQ(judge(portable, portable.parse_portably(whole.view())), expected);
  }
  // Byte by byte, each time in another place and against its own unreadable page; long inputs in fewer steps.
  const std::size_t step = input.size() > 2000 ? 97 : 1;
  head_parser slow;
  head_parser slow_portable;
  progress state = progress::more;
  progress portable_state = progress::more;
  std::unique_ptr<test::guarded_bytes> piece;
  std::unique_ptr<test::guarded_bytes> last;
  for (std::size_t size = 0; state == progress::more; size = std::min(size + step, input.size())) {
    last = std::move(piece);
    piece = std::make_unique<test::guarded_bytes>(input.substr(0, size));
    state = slow.parse(piece->view());
    portable_state = slow_portable.parse_portably(piece->view());
    EXPECT_EQ(state, portable_state) << "after " << size;
    if (size == input.size()) break;
  }
  EXPECT_EQ(judge(slow, state), expected);
  EXPECT_EQ(judge(slow_portable, portable_state), expected);
  // Every cut into two.
  if (input.size() <= 2000) {
    for (std::size_t cut = 1; cut < input.size(); ++cut) {
      head_parser two;
      progress after = two.parse(whole.view().substr(0, cut));
      if (after == progress::more) after = two.parse(whole.view());
      EXPECT_EQ(judge(two, after), expected) << "cut at " << cut;
    }
  }
  return expected;
}

std::uint16_t refused(std::string_view input) {
  const outcome result = parse(input);
  EXPECT_EQ(result.state, progress::refused);
  EXPECT_FALSE(result.why.detail.empty());
  return result.state == progress::refused ? to_number(result.why.code) : 0;
}

std::string accepted(std::string_view input) {
  const outcome result = parse(input);
  EXPECT_EQ(result.state, progress::done) << result.why.detail;
  return result.text;
}

TEST(head_parser, reads_what_a_browser_sends) {
  constexpr std::string_view head =
      "PATCH /files/0b9e7f0a-4b0e-4c0f-8c5e-0a4f5b7d9c11/chunks/12?x=1 HTTP/1.1\r\n"
      "Host: uploads.example:8443\r\n"
      "Tus-Resumable:1.0.0\r\n"
      "Upload-Offset: \t 524288 \t\r\n"
      "Accept:\r\n"
      "X_Odd~Name!: \xc3\xa4 tab\there\r\n"
      "\r\n";
  EXPECT_EQ(accepted(head),
            "PATCH\n/files/0b9e7f0a-4b0e-4c0f-8c5e-0a4f5b7d9c11/chunks/12\nx=1\nuploads.example:8443\n1 0 " +
                std::to_string(head.size()) +
                "\nHost=uploads.example:8443\nTus-Resumable=1.0.0\nUpload-Offset=524288\nAccept=\nX_Odd~Name!=\xc3\xa4 "
                "tab\there\n");
}

TEST(head_parser, stops_before_the_body_and_the_next_request) {
  head_parser parser;
  const std::string_view one = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string two = std::string{one} + "GET /b HTTP/1.1\r\nHost: b\r\n\r\n";
  ASSERT_EQ(parser.parse(two), progress::done);
  EXPECT_EQ(parser.head().length_bytes(), one.size());
  parser.reset();
  EXPECT_FALSE(parser.started());
  ASSERT_EQ(parser.parse(std::string_view{two}.substr(one.size())), progress::done);
  EXPECT_EQ(parser.head().path(), "/b");
  EXPECT_EQ(parser.head().fields().size(), 1U);
}

TEST(head_parser, follows_a_buffer_that_moves) {
  const std::string here = "GET /path?q HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string there = here;
  head_parser parser;
  ASSERT_EQ(parser.parse(here), progress::done);
  parser.head().rebase(there.data());
  EXPECT_EQ(parser.head().path().data(), there.data() + 4);
  EXPECT_EQ(parser.head().fields().find("HOST"), "h");
}

TEST(head_parser, says_whether_a_request_has_begun) {
  head_parser parser;
  EXPECT_EQ(parser.parse(""), progress::more);
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.parse("\r\n"), progress::more);
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.parse("\r\nG"), progress::more);
  EXPECT_TRUE(parser.started());
}

TEST(head_parser, skips_one_empty_line_and_no_more) {
  EXPECT_NE(accepted("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  EXPECT_EQ(refused("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refused("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(head_parser, refuses_a_request_line_of_another_shape) {
  for (const std::string_view line :
       {"GET /\r\n", "GET / \r\n", "GET  / HTTP/1.1\r\n", "GET /  HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n",
        " GET / HTTP/1.1\r\n", "GET\t/ HTTP/1.1\r\n", "GET / http/1.1\r\n", "GET / HTTP/1.11\r\n", "GET / HTTP/1\r\n",
        "GET / HTTP/x.1\r\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\r\n", "GET\r\n", "GET \r\n",
        "G\x01T / HTTP/1.1\r\n", "(GET) / HTTP/1.1\r\n", "GET / HTTP/1.1 and more behind it\r\n", "\x16\x03\x01\x02"}) {
    EXPECT_EQ(refused(std::string{line} + "Host: a\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(refused("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv), 400);
}

TEST(head_parser, refuses_bytes_that_are_not_http_before_a_line_is_complete) {
  head_parser parser;
  EXPECT_EQ(parser.parse("\x16"), progress::refused);
  EXPECT_NE(parser.why().detail.find("TLS"), std::string_view::npos);
}

TEST(head_parser, refuses_targets_that_are_none) {
  for (const std::string_view target :
       {"files", "*", "/a b", "/a#b", "/a\"b", "/a\\b", "/\xc3\xa4", "/a\x7f", "host:443", "ftp://a/b", "http:///a",
        "http://user@host/a", "http://ho st/", "http://host:123456/", "/<", "/{x}"}) {
    EXPECT_EQ(refused("GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n\r\n"), 400) << target;
  }
}

TEST(head_parser, knows_three_forms_of_target) {
  EXPECT_EQ(accepted("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "OPTIONS\n*\n\na\n1 2 31\nHost=a\n");
  EXPECT_EQ(accepted("GET http://b:1/p?q HTTP/1.1\r\nHost: a\r\n\r\n"), "GET\n/p\nq\nb:1\n1 1 40\nHost=a\n");
  EXPECT_EQ(accepted("GET HTTPS://[::1]:8 HTTP/1.1\r\nHost: a\r\n\r\n"), "GET\n/\n\n[::1]:8\n1 1 41\nHost=a\n");
  EXPECT_EQ(accepted("GET http://b?q?r HTTP/1.1\r\nHost: a\r\n\r\n"), "GET\n/\nq?r\nb\n1 1 38\nHost=a\n");
  EXPECT_EQ(accepted("GET //a/../b%2f?a[]=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
            "GET\n//a/../b%2f\na[]=1\na\n1 0 43\nHost=a\n");
}

TEST(head_parser, tells_unknown_methods_from_malformed_ones) {
  EXPECT_EQ(refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
  EXPECT_EQ(refused("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
  EXPECT_EQ(refused("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
  EXPECT_EQ(refused(std::string(40, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
  EXPECT_EQ(refused(std::string(9000, 'A')), 501);
}

TEST(head_parser, knows_versions) {
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n"), 505);
  EXPECT_NE(accepted("GET / HTTP/1.7\r\nHost: a\r\n\r\n").find("\n1 0 "), std::string::npos);
  EXPECT_EQ(accepted("GET / HTTP/1.0\r\n\r\n"), "GET\n/\n\n\n0 0 18\n");
}

TEST(head_parser, limits_the_target) {
  const auto request = [](std::size_t target_bytes) {
    return "GET /" + std::string(target_bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_NE(accepted(request(limits::target_bytes_max)), "");
  EXPECT_EQ(refused(request(limits::target_bytes_max + 1)), 414);
  EXPECT_EQ(refused("GET /" + std::string(9000, 'a')), 414);  // refused although the line never ends
  EXPECT_EQ(refused("GET /" + std::string(8000, 'a') + " " + std::string(9000, 'b')), 400);
}

TEST(head_parser, limits_the_head) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const auto request = [&](std::size_t head_bytes) {
    return start + "X: " + std::string(head_bytes - start.size() - 7, 'v') + "\r\n\r\n";
  };
  ASSERT_EQ(request(limits::head_bytes_max).size(), limits::head_bytes_max);
  EXPECT_NE(accepted(request(limits::head_bytes_max)), "");
  EXPECT_NE(accepted(request(limits::head_bytes_max) + "body"), "");
  EXPECT_EQ(refused(request(limits::head_bytes_max + 1)), 431);
  EXPECT_EQ(refused(start + "X: " + std::string(20'000, 'v')), 431);
  // The verdict on a line the limit cuts off is the limit, whatever stands in it.
  EXPECT_EQ(refused(start + "X: " + std::string(20'000, '\x01')), 431);
  EXPECT_EQ(refused(start + "X y" + std::string(20'000, 'v') + "\r\n"), 431);
}

TEST(head_parser, limits_the_number_of_fields) {
  const auto request = [](std::size_t count) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < count; ++i) text += "X: " + std::to_string(i) + "\r\n";
    return text + "\r\n";
  };
  EXPECT_NE(accepted(request(limits::fields_max)), "");
  EXPECT_EQ(refused(request(limits::fields_max + 1)), 431);
}

TEST(head_parser, refuses_lines_that_are_no_fields) {
  for (const std::string_view line :
       {"Name : value\r\n", "Name\t: value\r\n", " folded: x\r\n", "\tfolded\r\n", ": no name\r\n", "no colon\r\n",
        "nocolon\r\n", "Na(me: x\r\n", "N\xc3\xa4me: x\r\n", "Name: bare\n", "Name: a\rb\r\n", "Name: a\r\r\n",
        "Name: \x01\r\n", "Name: \x7f\r\n", "\rName: x\r\n", "\n", "Name\n", "Name: x\n\r\n", "Name\r: x\r\n"}) {
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n" + std::string{line} + "\r\n"), 400) << line;
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n" + std::string{line} +
                      "A-Longer-Name: so that vectors are full\r\n\r\n"),
              400)
        << line;
  }
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n"sv), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nA\0: b\r\n\r\n"sv), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n\rX\n"), 400);
}

TEST(head_parser, wants_one_valid_host) {
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET http://b/ HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  for (const std::string_view host :
       {"a b", "a/b", "u@a", "a:b", "a:1:2", "[::1", "[::1]x", "[]", "[g::1]", ":80", "a%zz", "a,b c", "[1]"}) {
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n"), 400) << host;
  }
  for (const std::string_view host :
       {"", "a", "A.b-c_d.example:", "127.0.0.1:65535", "[::1]", "[fe80::1]:80", "[v1.a]", "a%20b"}) {
    EXPECT_NE(accepted("GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n"), "") << host;
  }
}

TEST(head_parser, agrees_on_every_byte_in_every_position_of_a_line) {
  // The two scanners are one grammar: every byte value at every distance from a vector's edge.
  for (std::size_t before = 0; before < 40; ++before) {
    for (unsigned value = 0; value < 256; ++value) {
      const char c = static_cast<char>(static_cast<unsigned char>(value));
      for (const bool in_name : {true, false}) {
        std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
        text += in_name ? std::string(before, 'n') + c + "n: v\r\n" : "n: " + std::string(before, 'v') + c + "v\r\n";
        text += "After: sixteen bytes and more\r\n\r\n";
        head_parser one;
        head_parser two;
        const outcome fast = judge(one, one.parse(text));
        ASSERT_EQ(fast, judge(two, two.parse_portably(text))) << before << ' ' << value;
        if (!in_name) {
          ASSERT_EQ(fast.state == progress::done, is_field_char(c)) << value;
        }
      }
      std::string target = "GET /" + std::string(before, 't') + c + "t HTTP/1.1\r\nHost: a\r\n\r\n";
      head_parser one;
      head_parser two;
      ASSERT_EQ(judge(one, one.parse(target)), judge(two, two.parse_portably(target))) << before << ' ' << value;
    }
  }
}

TEST(fields, finds_by_name_in_any_case) {
  head_parser parser;
  ASSERT_EQ(
      parser.parse(
          "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\na: 2\r\nEmpty:\r\nConnection: x, Close\r\nConnection: ,y\r\n\r\n"),
      progress::done);
  const field_list fields = parser.head().fields();
  EXPECT_EQ(fields.find("A"), "1");
  EXPECT_EQ(fields.find("EMPTY"), "");
  EXPECT_EQ(fields.find("B"), std::nullopt);
  EXPECT_EQ(fields.count("a"), 2U);
  EXPECT_EQ(*fields.only("host"), "a");
  EXPECT_EQ(*fields.only("nothing"), std::nullopt);
  EXPECT_EQ(fields.only("A").error().code, errc::bad_request);
  EXPECT_TRUE(fields.has_member("connection", "close"));
  EXPECT_TRUE(fields.has_member("connection", "Y"));
  EXPECT_FALSE(fields.has_member("connection", ""));
  EXPECT_FALSE(fields.has_member("connection", "clos"));
  std::vector<std::string_view> all;
  fields.find_all("A", [&](std::string_view value) {
    all.push_back(value);
    return true;
  });
  EXPECT_EQ(all, (std::vector<std::string_view>{"1", "2"}));
}

}  // namespace
}  // namespace wf::http
