// The reader of answers gives the same result however the bytes are cut, and refuses what a server must not send.
#include "wfload/answer_reader.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace wf::load {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

struct read_back {
  bool good{true};
  bool complete{false};
  int status{0};
  std::string body{};
  std::size_t taken{0};
};

read_back play(std::string_view text, std::size_t step, bool to_head = false) {
  answer_reader reader;
  reader.expect(to_head);
  read_back out;
  const answer_reader::body_sink sink = [&](std::span<const std::byte> piece) {
    out.body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  };
  while (out.taken < text.size() && !reader.complete()) {
    const auto taken = reader.feed(bytes(text.substr(out.taken, step)), sink);
    if (!taken) {
      out.good = false;
      return out;
    }
    out.taken += *taken;
  }
  out.complete = reader.complete();
  out.status = reader.status();
  return out;
}

TEST(answer_reader, every_cut_gives_the_same_answer) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"},
      {"HTTP/1.1 201 Created\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", ""},
      {"HTTP/1.1 204 No Content\r\nUpload-Offset: 7\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nA: b\r\n\r\n", "hello!"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno", "no"},
  };
  for (const auto& [text, body] : cases) {
    for (std::size_t step = 1; step <= text.size(); ++step) {
      const auto got = play(text, step);
      ASSERT_TRUE(got.good && got.complete) << text << " in steps of " << step;
      EXPECT_EQ(got.body, body);
      EXPECT_EQ(got.taken, text.size());
    }
  }
}

TEST(answer_reader, bytes_after_the_answer_are_left) {
  const std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(play(answer + "HTTP/1.1 200 OK\r\n", 1000).taken, answer.size());
}

TEST(answer_reader, the_answer_to_head_has_no_body) {
  const auto got = play("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 1000, true);
  EXPECT_TRUE(got.complete);
}

TEST(answer_reader, fields_are_found_in_any_case) {
  answer_reader reader;
  reader.expect(false);
  const auto ok =
      reader.feed(bytes("HTTP/1.1 204 No Content\r\nupload-OFFSET:  12 \r\nX: y\r\nBad: 1x\r\n\r\n"), [](auto) {});
  ASSERT_TRUE(ok);
  EXPECT_EQ(reader.number("Upload-Offset"), 12U);
  EXPECT_EQ(reader.field("x"), "y");
  EXPECT_FALSE(reader.number("bad"));
  EXPECT_FALSE(reader.field("absent"));
  EXPECT_FALSE(reader.closes());
}

TEST(answer_reader, says_whether_the_connection_goes_on) {
  const auto closes = [](std::string_view text) {
    answer_reader reader;
    reader.expect(false);
    EXPECT_TRUE(reader.feed(bytes(text), [](auto) {}));
    return reader.closes();
  };
  EXPECT_TRUE(closes("HTTP/1.1 204 No Content\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_TRUE(closes("HTTP/1.0 204 No Content\r\n\r\n"));
  EXPECT_FALSE(closes("HTTP/1.0 204 No Content\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(answer_reader, a_cut_answer_is_an_error_and_a_body_to_the_end_is_not) {
  const auto ends = [](std::string_view text) {
    answer_reader reader;
    reader.expect(false);
    EXPECT_TRUE(reader.feed(bytes(text), [](auto) {}));
    return reader.end().has_value();
  };
  EXPECT_FALSE(ends(""));
  EXPECT_FALSE(ends("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(ends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"));
  EXPECT_FALSE(ends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
  EXPECT_TRUE(ends("HTTP/1.0 200 OK\r\n\r\nhello"));
}

TEST(answer_reader, refuses_what_no_server_may_send) {
  for (const std::string_view text : {
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1 999 What\r\n\r\n",
           "HTTP/1.1 200 OK\n\n",
           "HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
           "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
       }) {
    EXPECT_FALSE(play(text, 1).good) << text;
  }
}

}  // namespace
}  // namespace wf::load
