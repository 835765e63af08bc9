// What a connection does when the server drains, and how files reach the client.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "connection_rig.hpp"

namespace wf::net {
namespace {

using namespace std::chrono_literals;

class drain_test : public connection_rig {
 protected:
  void drain() {
    ring_.post([this] { one_->begin_drain(); });
    settle();
  }
  void cut() {
    ring_.post([this] { one_->cut(); });
    settle();
  }
};

TEST_F(drain_test, an_idle_connection_ends_at_once) {
  settle();
  drain();
  until_ended();
  EXPECT_EQ(heard_, "");
}

TEST_F(drain_test, a_request_that_runs_is_finished_and_the_connection_told_to_close) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  until_seen(1);
  settle();
  drain();
  EXPECT_FALSE(handler_.seen[0].failure);
  say("cd");
  until_ended();
  EXPECT_TRUE(heard_.ends_with("abcd")) << heard_;
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(drain_test, a_request_that_has_come_and_was_not_read_yet_is_answered) {
  settle();
  // Past the ring, which does not turn before the drain begins.
  constexpr std::string_view request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab";
  ASSERT_EQ(::send(client_, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  one_->begin_drain();
  until_seen(1);
  say("cd");
  until_ended();
  EXPECT_TRUE(heard_.ends_with("abcd")) << heard_;
  EXPECT_NE(heard_.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(drain_test, a_connection_that_was_accepted_too_late_is_answered_when_it_has_asked) {
  constexpr std::string_view request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
  ASSERT_EQ(::send(client_, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  one_->begin_drain();
  until_ended();
  EXPECT_TRUE(heard_.ends_with("ab")) << heard_;
}

TEST_F(drain_test, a_body_that_does_not_end_is_cut_and_what_came_is_kept) {
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  until_seen(1);
  settle();
  drain();
  cut();
  until_ended();
  EXPECT_EQ(handler_.seen[0].body, "ab");
  ASSERT_TRUE(handler_.seen[0].failure);
  EXPECT_EQ(handler_.seen[0].failure->code, errc::displaced);
}

TEST_F(drain_test, a_stream_ends_as_if_it_had_nothing_more_to_say) {
  say("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  until_heard("1\r\nc\r\n");
  time_.advance(15s);
  until_heard("2\r\n:\n\r\n");
  drain();
  until_ended();
  EXPECT_TRUE(heard_.ends_with("0\r\n\r\n")) << heard_;
}

TEST_F(drain_test, a_cancelled_connection_lets_go_of_everything) {
  say("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  until_heard("1\r\nc\r\n");
  ring_.post([this] { scope_.cancel_all(); });
  until([this] { return scope_.size() == 0; });
}

class file_answer_test : public connection_rig {
 protected:
  file_answer_test() {
    const int fd = ::memfd_create("recording", MFD_CLOEXEC);
    for (std::size_t i = 0; i < content_.size(); ++i) content_[i] = static_cast<char>('a' + i * 7919 % 23);
    EXPECT_EQ(::write(fd, content_.data(), content_.size()), static_cast<ssize_t>(content_.size()));
    auto file = std::make_shared<io::file>(io::descriptor{io::real_kernel(), fd});
    handler_.file = {std::move(file), 5, content_.size() - 10};
  }
  void expect_the_part() {
    say("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::size_t size = content_.size() - 10;
    until([&] { return hear().size() > size && heard_.size() - heard_.find("\r\n\r\n") == size + 4; });
    EXPECT_TRUE(heard_.ends_with(std::string_view{content_}.substr(5, size)));
    EXPECT_NE(heard_.find("Content-Length: " + std::to_string(size) + "\r\n"), std::string::npos);
    say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    until_heard("hello");
  }
  std::string content_ = std::string(1'000'003, '\0');
};

TEST_F(file_answer_test, goes_through_a_pipe) {
  expect_the_part();
  EXPECT_EQ(around_.piped_answers, 0U);
}

TEST_F(file_answer_test, goes_through_memory_when_no_pipe_may_be_held) {
  around_.piped_answers_max = 0;
  expect_the_part();
}

TEST_F(file_answer_test, that_is_shorter_than_told_breaks_the_connection) {
  handler_.file.length_bytes = content_.size();
  say("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  until_ended();
  EXPECT_EQ(heard_.size() - heard_.find("\r\n\r\n") - 4, content_.size() - 5);
}

TEST_F(file_answer_test, that_nobody_takes_is_cut_after_a_minute) {
  say("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  until_seen(1);
  // The kernel splices on threads of its own, so how many turns fill the socket is not known; the minute begins when it
  // is full. The clock therefore goes on second by second: never fewer than sixty, and in the end it is cut.
  int seconds = 0;
  until([&] {
    time_.advance(1s);
    ++seconds;
    settle();
    return scope_.size() == 0;
  });
  EXPECT_GE(seconds, 60);
}

}  // namespace
}  // namespace wf::net
