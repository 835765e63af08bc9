// Threads, rings and listening sockets together, on the real machine: requests are answered on every listener, and a
// drained engine ends.
#include "waveforge/server/engine.hpp"

#include <gtest/gtest.h>

#include "support/scripted_handler.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/server/machine.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

namespace wf::server {
namespace {

using namespace std::chrono_literals;

class hello final : public api::handler {
 public:
  io::task<api::reply> handle(const api::request&) override {
    api::reply answer;
    answer.body = std::string{"hello"};
    co_return answer;
  }
  void dress(const http::request_head&, api::reply&) const override {}
};

int connect_to(const std::string& address) {
  if (address.starts_with("unix:")) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address.substr(5).copy(to.sun_path, sizeof to.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  return fd;
}

std::string ask(const std::string& address) {
  const int fd = connect_to(address);
  const std::string_view request{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"};
  EXPECT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::string heard;
  char piece[4096];
  for (ssize_t got; (got = ::recv(fd, piece, sizeof piece, 0)) > 0;) heard.append(piece, static_cast<std::size_t>(got));
  ::close(fd);
  return heard;
}

class engine_test : public ::testing::Test {
 protected:
  engine_plan plan(std::vector<std::string> listen) {
    return {.listen = std::move(listen), .threads = 2, .connections_max = 100, .drain_timeout = 1s};
  }
  machine_clock time_;
  null_logger log_;
  null_metrics numbers_;
  hello handler_;
  test::temporary_directory place_;
};

TEST_F(engine_test, answers_on_every_listener_and_ends_when_it_is_told_to) {
  engine machine{io::real_kernel(), time_, log_, numbers_,
                 plan({"127.0.0.1:0", "127.0.0.1:0", "unix:" + place_.path() + "/socket"})};
  const auto ready = machine.prepare();
  ASSERT_TRUE(ready) << ready.error().detail;
  machine.serve(handler_);
  ASSERT_EQ(machine.addresses().size(), 3U);
  EXPECT_TRUE(machine.addresses()[0].starts_with("http://127.0.0.1:"));
  for (const std::string& address : machine.addresses()) {
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(ask(address).ends_with("hello")) << address;
  }
  const int idle = connect_to(machine.addresses()[0]);
  const std::string_view request{"GET / HTTP/1.1\r\nHost: a\r\n\r\n"};
  EXPECT_EQ(::send(idle, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  char piece[4096];
  EXPECT_GT(::recv(idle, piece, sizeof piece, 0), 0);
  machine.drain();
  EXPECT_EQ(::recv(idle, piece, sizeof piece, 0), 0) << "an idle connection ends when the server drains";
  ::close(idle);
  machine.stop();
}

TEST_F(engine_test, a_relative_socket_is_told_so_that_it_is_found_from_elsewhere) {
  const std::string path = place_.path() + "/socket";
  const std::string relative = std::filesystem::relative(path).native();
  ASSERT_FALSE(relative.starts_with('/'));
  engine machine{io::real_kernel(), time_, log_, numbers_, plan({"unix:" + relative})};
  const auto ready = machine.prepare();
  ASSERT_TRUE(ready) << ready.error().detail;
  ASSERT_EQ(machine.addresses().size(), 1U);
  const std::string told = machine.addresses()[0].substr(5);
  EXPECT_TRUE(told.starts_with('/')) << told;
  EXPECT_EQ(std::filesystem::canonical(told), std::filesystem::canonical(path));
}

TEST_F(engine_test, a_port_that_is_taken_is_refused_although_it_could_be_shared) {
  engine first{io::real_kernel(), time_, log_, numbers_, plan({"127.0.0.1:0"})};
  ASSERT_TRUE(first.prepare());
  const std::string address = first.addresses()[0].substr(7);
  engine second{io::real_kernel(), time_, log_, numbers_, plan({address})};
  const auto refused = second.prepare();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find(address), std::string::npos) << refused.error().detail;
}

TEST_F(engine_test, requests_that_never_end_do_not_keep_it_from_ending) {
  test::scripted_handler scripted;
  engine_plan short_drain = plan({"127.0.0.1:0"});
  short_drain.threads = 1;
  short_drain.drain_timeout = 50ms;
  engine machine{io::real_kernel(), time_, log_, numbers_, std::move(short_drain)};
  ASSERT_TRUE(machine.prepare());
  machine.serve(scripted);
  const int fd = connect_to(machine.addresses()[0]);
  const std::string_view request{"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"};
  EXPECT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  char piece[64];
  EXPECT_GT(::recv(fd, piece, sizeof piece, 0), 0);  // 100: the handler is reading
  machine.drain();
  EXPECT_EQ(::recv(fd, piece, sizeof piece, 0), 0);
  ::close(fd);
  machine.stop();
  EXPECT_EQ(scripted.seen.at(0).failure.value().code, errc::displaced);
}

}  // namespace
}  // namespace wf::server
