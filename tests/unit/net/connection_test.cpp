// Requests over one connection: what is answered, in which order, and what becomes of the connection.
#include "waveforge/net/connection.hpp"

#include <gtest/gtest.h>

#include "connection_rig.hpp"

namespace wf::net {
namespace {

using namespace std::chrono_literals;

using connection_test = connection_rig;

constexpr std::string_view hello{"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"};

std::string get(std::string_view path) {
  return "GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

TEST_F(connection_test, keeps_the_connection_and_answers_one_request_after_the_other) {
  say(get("/1"));
  until_heard("hello");
  say(get("/2"));
  until([this] { return hear().size() > 200 && heard_.ends_with("hello"); });
  EXPECT_EQ(answers(), std::string{hello} + std::string{hello});
  EXPECT_FALSE(ended_);
  ASSERT_EQ(handler_.seen.size(), 2U);
  EXPECT_EQ(handler_.seen[1].path, "/2");
}

TEST_F(connection_test, answers_carry_the_date) {
  say(get("/"));
  until_heard("hello");
  EXPECT_NE(heard_.find("Date: Wed, 04 Mar 2026 00:00:00 GMT\r\n"), std::string::npos) << heard_;
}

TEST_F(connection_test, pipelined_requests_are_answered_in_order) {
  say(get("/1") + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/none"));
  until_heard("204 No Content\r\nDate: Wed, 04 Mar 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n\r\n");
  EXPECT_EQ(answers(), std::string{hello} + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" +
                           "HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n");
  EXPECT_FALSE(ended_);
}

TEST_F(connection_test, a_head_may_be_cut_at_any_byte) {
  const std::string request = "POST /echo?q=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    say(request.substr(0, cut));
    settle();
    say(request.substr(cut));
    until([&] { return handler_.seen.size() == cut && hear().ends_with("hi"); });
    ASSERT_EQ(handler_.seen.back().body, "hi") << "cut at " << cut;
  }
}

TEST_F(connection_test, no_pooled_buffer_is_held_while_a_peer_is_waited_for) {
  settle();
  EXPECT_EQ(heads_.in_use(), 0U) << "idle";
  say("POST /echo HT");
  settle();
  EXPECT_EQ(heads_.in_use(), 0U) << "in the middle of a head";
  say("TP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  until_seen(1);
  settle();
  EXPECT_EQ(heads_.in_use(), 0U) << "in the middle of a body";
  say("cde");
  until_heard("abcde");
}

TEST_F(connection_test, an_unfinished_head_is_408_after_ten_seconds) {
  say("GET / HTTP/1.1\r\nHos");
  settle();
  time_.advance(9s);
  settle();
  EXPECT_EQ(hear(), "");
  time_.advance(2s);
  until_ended();
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << heard_;
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(heard_.find("Content-Type: application/problem+json\r\n"), std::string::npos);
}

TEST_F(connection_test, an_idle_connection_is_closed_without_a_word_after_75_seconds) {
  settle();
  time_.advance(74s);
  settle();
  hear();
  EXPECT_FALSE(ended_);
  time_.advance(2s);
  until_ended();
  EXPECT_EQ(heard_, "");
}

TEST_F(connection_test, a_malformed_head_is_answered_and_the_connection_closed) {
  say("GET / HTTP/1.1\r\nHost : a\r\n\r\n" + get("/next"));
  until_ended();
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 400 Bad Request\r\n")) << heard_;
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(handler_.seen.empty());
}

TEST_F(connection_test, what_was_understood_of_a_refused_head_decides_how_the_answer_looks) {
  say("HEAD /somewhere HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  until_ended();
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 400 ")) << heard_;
  EXPECT_NE(heard_.find("X-Dressed-For: /somewhere\r\n"), std::string::npos) << heard_;
  EXPECT_TRUE(heard_.ends_with("\r\n\r\n")) << "HEAD has no body: " << heard_;
}

TEST_F(connection_test, so_does_what_was_understood_of_one_that_did_not_end) {
  say("PATCH /somewhere HTTP/1.1\r\nHos");
  settle();
  time_.advance(11s);
  until_ended();
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 408 ")) << heard_;
  EXPECT_NE(heard_.find("X-Dressed-For: /somewhere\r\n"), std::string::npos) << heard_;
}

TEST_F(connection_test, contradictory_lengths_are_refused_before_the_handler_sees_them) {
  say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  until_ended();
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 400 ")) << heard_;
  EXPECT_NE(heard_.find("X-Dressed-For: /\r\n"), std::string::npos) << "a page or a tus client could not read it";
  EXPECT_TRUE(handler_.seen.empty());
}

TEST_F(connection_test, head_is_told_the_length_and_gets_no_body) {
  say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get("/none"));
  until([this] { return hear().find("204") != std::string::npos; });
  EXPECT_EQ(answers(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
            "HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n");
}

TEST_F(connection_test, a_silent_answer_closes_without_a_byte) {
  say(get("/silent"));
  until_ended();
  EXPECT_EQ(heard_, "");
}

TEST_F(connection_test, close_is_what_the_client_asked_for) {
  say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  until_ended();
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(heard_.ends_with("hello"));
}

TEST_F(connection_test, http_1_0_closes_unless_it_asks_to_stay) {
  say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  until_heard("hello");
  EXPECT_NE(heard_.find("Connection: keep-alive\r\n"), std::string::npos);
  heard_.clear();
  say("GET / HTTP/1.0\r\n\r\n");
  until_ended();
  EXPECT_TRUE(heard_.ends_with("hello"));
}

TEST_F(connection_test, streams_are_chunked_for_1_1_and_end_with_the_connection_for_1_0) {
  say(get("/letters"));
  until_heard("0\r\n\r\n");
  EXPECT_NE(heard_.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(heard_.ends_with("\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n")) << heard_;
  heard_.clear();
  say("GET /letters HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  until_ended();
  EXPECT_TRUE(heard_.ends_with("\r\n\r\nabc")) << heard_;
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(heard_.find("Transfer-Encoding"), std::string::npos);
}

TEST_F(connection_test, memory_of_the_program_is_sent_as_it_is) {
  say(get("/static"));
  until_heard("Content-Length: 8\r\n\r\nfor ever");
}

TEST_F(connection_test, an_exception_is_500_and_a_field_that_cannot_be_sent_splits_no_answer) {
  say(get("/throw"));
  until_ended();
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 500 ")) << heard_;
  EXPECT_EQ(heard_.find("thrown"), std::string::npos) << "a client is not told our insides";
}

TEST_F(connection_test, a_field_that_cannot_be_sent_splits_no_answer) {
  say(get("/bad-field"));
  until_ended();
  EXPECT_TRUE(heard_.starts_with("HTTP/1.1 500 ")) << heard_;
  EXPECT_EQ(heard_.find("Set-Cookie"), std::string::npos);
}

TEST_F(connection_test, an_unread_body_in_hand_is_dropped_and_the_connection_stays) {
  say("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/"));
  until_heard("hello");
  EXPECT_EQ(handler_.seen.size(), 2U);
}

TEST_F(connection_test, an_answer_does_not_wait_for_a_body_nobody_reads) {
  say("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
  until_heard("\r\n\r\nno");
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
  say(std::string(500'000, 'x'));  // is read and dropped: no error here
  settle();
  time_.advance(3s);
  until_ended();
}

}  // namespace
}  // namespace wf::net
