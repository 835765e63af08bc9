// Request bodies as a handler reads them: lengths, chunks and trailers, 100 Continue, slow and vanishing peers,
// interruption.
#include <gtest/gtest.h>

#include "connection_rig.hpp"

namespace wf::net {
namespace {

using namespace std::chrono_literals;

class body_test : public connection_rig {
 protected:
  [[nodiscard]] const test::seen_request& last() const { return handler_.seen.back(); }
  void until_reading() {
    until([this] { return handler_.open_body != nullptr; });
    settle();
  }
};

constexpr std::string_view chunked_head{"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"};

TEST_F(body_test, a_body_that_comes_in_pieces_is_taken_to_its_end_and_no_further) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
  settle();
  say("ab");
  settle();
  say("cdefGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until_heard("hello");
  EXPECT_EQ(handler_.seen[0].body, "abcdef");
  EXPECT_EQ(last().method, "GET");
}

TEST_F(body_test, waiting_for_all_of_a_body_counts_what_came_with_the_head) {
  // Whoever writes whole blocks would write two pieces where one would do.
  say("POST /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab");
  settle();
  say("cdef");
  until_heard("abcdef");
  EXPECT_EQ(last().waited, 6U);
}

TEST_F(body_test, what_came_with_the_head_is_offered_when_no_more_comes_for_a_while) {
  say("POST /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab");
  settle();
  time_.advance(5s);
  until_reading();
  EXPECT_EQ(last().waited, 2U);
  say("cdef");
  until_heard("abcdef");
}

TEST_F(body_test, a_chunked_body_may_be_cut_at_any_byte) {
  const std::string request =
      std::string{chunked_head} + "3;a=b\r\nabc\r\n11\r\n0123456789abcdefg\r\n0\r\nX-Sum: 42\r\nOther: 1\r\n\r\n";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    say(request.substr(0, cut));
    settle();
    say(request.substr(cut));
    until([&] { return handler_.seen.size() == cut && handler_.open_body == nullptr; });
    ASSERT_EQ(last().body, "abc0123456789abcdefg") << "cut at " << cut;
    ASSERT_EQ(last().trailer, "42") << "cut at " << cut;
    ASSERT_FALSE(last().failure) << last().failure->detail;
  }
}

TEST_F(body_test, a_chunked_body_may_come_byte_by_byte) {
  const std::string request = std::string{chunked_head} + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
  for (const char c : request) {
    say(std::string_view{&c, 1});
    settle();
  }
  until_heard("\r\n\r\nabc");
}

TEST_F(body_test, what_follows_a_chunked_body_is_the_next_request) {
  say(std::string{chunked_head} + "3\r\nabc\r\n0\r\n\r\n" + "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  until_heard("hello");
  EXPECT_EQ(handler_.seen[0].body, "abc");
  EXPECT_EQ(last().path, "/x");
  say(chunked_head);
  settle();
  say("3\r\nabc\r\n0\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n");
  until_seen(4);
  EXPECT_EQ(last().path, "/y");
}

TEST_F(body_test, broken_chunks_are_bad_and_end_the_connection) {
  say(std::string{chunked_head} + "3\r\nabcd\r\n0\r\n\r\n");
  until_ended();
  EXPECT_EQ(last().body, "abc");
  ASSERT_TRUE(last().failure);
  EXPECT_EQ(last().failure->code, errc::bad_request);
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(body_test, continue_comes_before_the_answer_and_only_when_the_body_is_wanted) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  until_heard("HTTP/1.1 100 Continue\r\n\r\n");
  say("hi");
  until_heard("hi");
  EXPECT_EQ(answers(), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
}

TEST_F(body_test, no_continue_when_the_body_is_refused) {
  say("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  until_heard("no");
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 409 ")) << heard_;
}

TEST_F(body_test, no_continue_when_the_client_did_not_wait_for_it) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nh");
  settle();
  say("i");
  until_heard("hi");
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 200 ")) << heard_;
}

TEST_F(body_test, a_peer_that_goes_in_the_middle_leaves_what_it_sent) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  until_reading();
  hang_up();
  until([this] { return handler_.open_body == nullptr; });
  EXPECT_EQ(last().body, "abc");
  ASSERT_TRUE(last().failure);
  EXPECT_EQ(last().failure->code, errc::peer_gone);
}

TEST_F(body_test, an_interrupted_body_keeps_what_came_and_the_client_hears_nothing) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  until_reading();
  ring_.post([this] { handler_.open_body->interrupt(); });
  until_ended();
  EXPECT_EQ(last().body, "abc");
  ASSERT_TRUE(last().failure);
  EXPECT_EQ(last().failure->code, errc::displaced);
  EXPECT_EQ(heard_, "");
}

TEST_F(body_test, a_body_slower_than_512_bytes_a_second_is_given_up_after_a_minute) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  until_reading();
  for (int second = 0; second < 55; second += 5) {
    say("some");
    settle();
    time_.advance(5s);
    settle();
  }
  EXPECT_FALSE(last().failure);
  time_.advance(5s);
  settle();
  time_.advance(5s);
  until_ended();
  ASSERT_TRUE(last().failure);
  EXPECT_EQ(last().failure->code, errc::timed_out);
}

TEST_F(body_test, a_byte_now_and_then_does_not_keep_a_body_alive) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  until_reading();
  std::size_t sent = 0;
  for (int second = 0; second < 130 && !last().failure; second += 4) {
    say("x");
    ++sent;
    settle();
    time_.advance(4s);
    settle();
  }
  ASSERT_TRUE(last().failure);
  EXPECT_EQ(last().failure->code, errc::timed_out);
  EXPECT_LE(sent, 17U);
  EXPECT_EQ(last().body.size(), sent);
}

TEST_F(body_test, a_body_just_fast_enough_is_waited_for) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  until_reading();
  const std::string five_seconds(2600, 'x');
  std::size_t sent = 0;
  while (sent < 100'000) {
    const std::size_t size = std::min(five_seconds.size(), 100'000 - sent);
    say(std::string_view{five_seconds}.substr(0, size));
    sent += size;
    settle();
    time_.advance(5s);
    settle();
  }
  until([this] { return handler_.open_body == nullptr; });
  EXPECT_FALSE(last().failure);
  EXPECT_EQ(last().body.size(), 100'000U);
}

}  // namespace
}  // namespace wf::net
