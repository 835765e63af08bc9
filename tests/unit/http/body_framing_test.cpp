// What a head says about its body and its connection, and every contradiction that is refused.
#include "waveforge/http/body_framing.hpp"

#include <gtest/gtest.h>

#include <string>

#include "waveforge/http/head_parser.hpp"

namespace wf::http {
namespace {

tl::expected<body_framing, refusal> judge(std::string_view fields, std::string_view version = "1.1") {
  const std::string text = "POST / HTTP/" + std::string{version} + "\r\nHost: a\r\n" + std::string{fields} + "\r\n";
  head_parser parser;
  EXPECT_EQ(parser.parse(text), progress::done) << text;
  return judge_framing(parser.head());
}

std::uint16_t refused(std::string_view fields, std::string_view version = "1.1") {
  const auto framing = judge(fields, version);
  EXPECT_FALSE(framing) << fields;
  if (framing) return 0;
  EXPECT_FALSE(framing.error().detail.empty());
  return to_number(framing.error().code);
}

TEST(body_framing, has_no_body_without_a_length) {
  EXPECT_EQ(judge(""), body_framing{});
  EXPECT_EQ(judge("Content-Length: 0\r\n"), body_framing{});
}

TEST(body_framing, reads_a_length) {
  EXPECT_EQ(judge("Content-Length: 42\r\n"), (body_framing{body_kind::length, 42, true, false}));
  EXPECT_EQ(judge("Content-Length: 0042\r\n"), (body_framing{body_kind::length, 42, true, false}));
  EXPECT_EQ(judge("content-length:9223372036854775807\r\n")->length_bytes, 9223372036854775807U);
}

TEST(body_framing, refuses_lengths_that_two_servers_could_read_differently) {
  for (const std::string_view value : {"", "+5", "-5", "5,5", "5, 5", "0x5", "5_0", "5 5", "5.0", "five",
                                       "9223372036854775808", "99999999999999999999999999", "\"5\""}) {
    EXPECT_EQ(refused("Content-Length: " + std::string{value} + "\r\n"), 400) << value;
  }
  EXPECT_EQ(refused("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(refused("Content-Length: 5\r\ncontent-length: 6\r\n"), 400);
}

TEST(body_framing, reads_chunked) {
  EXPECT_EQ(judge("Transfer-Encoding: chunked\r\n")->kind, body_kind::chunked);
  EXPECT_EQ(judge("transfer-encoding:\tCHUNKED \r\n")->kind, body_kind::chunked);
}

TEST(body_framing, refuses_transfer_encoding_with_a_length) {
  EXPECT_EQ(refused("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(refused("Content-Length: 5\r\nTransfer-Encoding: identity\r\n"), 400);
  EXPECT_EQ(refused("Content-Length: x\r\nTransfer-Encoding: chunked\r\n"), 400);
}

TEST(body_framing, refuses_transfer_encoding_in_http_1_0) {
  EXPECT_EQ(refused("Transfer-Encoding: chunked\r\n", "1.0"), 400);
}

TEST(body_framing, wants_chunked_once_and_last) {
  for (const std::string_view value :
       {"chunked, chunked", "chunked, gzip", "identity", "gzip", "", ",", "chunked,", ",chunked", "xchunked",
        "chunked;q=1", "chunked ;a", "chun ked", "chunked\x0b", "\"chunked\""}) {
    if (value.find('\x0b') != std::string_view::npos) continue;  // the head parser has refused it already
    EXPECT_EQ(refused("Transfer-Encoding: " + std::string{value} + "\r\n"), 400) << value;
  }
  EXPECT_EQ(refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"), 400);
  EXPECT_EQ(refused("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n"), 400);
}

TEST(body_framing, does_not_know_other_codings) {
  EXPECT_EQ(refused("Transfer-Encoding: gzip, chunked\r\n"), 501);
  EXPECT_EQ(refused("Transfer-Encoding: gzip;q=1\r\nTransfer-Encoding: chunked\r\n"), 501);
}

TEST(body_framing, knows_what_becomes_of_the_connection) {
  EXPECT_TRUE(judge("")->keep_alive);
  EXPECT_FALSE(judge("Connection: close\r\n")->keep_alive);
  EXPECT_FALSE(judge("Connection: x, Close\r\n")->keep_alive);
  EXPECT_FALSE(judge("Connection: keep-alive\r\nConnection: close\r\n")->keep_alive);
  EXPECT_FALSE(judge("", "1.0")->keep_alive);
  EXPECT_TRUE(judge("Connection: Keep-Alive\r\n", "1.0")->keep_alive);
  EXPECT_FALSE(judge("Connection: keep-alive, close\r\n", "1.0")->keep_alive);
}

TEST(body_framing, knows_who_waits_for_100) {
  EXPECT_TRUE(judge("Expect: 100-Continue\r\nContent-Length: 1\r\n")->expects_continue);
  EXPECT_TRUE(judge("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")->expects_continue);
  EXPECT_FALSE(judge("Expect: 100-continue\r\n")->expects_continue);
  EXPECT_FALSE(judge("Expect: 100-continue\r\nContent-Length: 1\r\n", "1.0")->expects_continue);
  EXPECT_EQ(refused("Expect: coffee\r\n"), 417);
  EXPECT_EQ(refused("Expect: 100-continue\r\nExpect: coffee\r\n"), 417);
  EXPECT_TRUE(judge("Expect: coffee\r\n", "1.0"));
}

}  // namespace
}  // namespace wf::http
