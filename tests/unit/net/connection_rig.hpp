#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "support/manual_clock.hpp"
#include "support/scripted_handler.hpp"
#include "waveforge/io/task_scope.hpp"
#include "waveforge/net/connection.hpp"

namespace wf::net {

/// One connection over a socket pair, its clock in the test's hand. The test plays the client.
class connection_rig : public ::testing::Test {
 protected:
  connection_rig() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    client_ = ends[0];
    auto channel = std::make_unique<plain_stream>(io::socket{io::descriptor{io::real_kernel(), ends[1]}});
    one_ = std::make_unique<connection>(around_, std::move(channel), io::peer_address{}, false);
    EXPECT_TRUE(scope_.spawn(run(*one_)));
  }
  ~connection_rig() override {
    hang_up();
    ring_.post([this] { scope_.cancel_all(); });
    until([this] { return scope_.size() == 0; });
    ring_.turn(false);
  }

  static io::task<void> run(connection& one) { co_await one.run(); }

  void say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(client_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) FAIL() << "send: " << errno;
      ring_.turn(false);
    }
  }
  void hang_up() {
    if (client_ >= 0) ::close(std::exchange(client_, -1));
  }
  /// What the server sent and did not send before; `ended_` when it has finished.
  const std::string& hear() {
    std::array<char, 65536> piece;
    while (client_ >= 0 && !ended_) {
      const ssize_t got = ::recv(client_, piece.data(), piece.size(), 0);
      if (got > 0) heard_.append(piece.data(), static_cast<std::size_t>(got));
      if (got < 0 && errno == ECONNRESET) ended_ = true;
      if (got == 0) ended_ = true;
      if (got <= 0) break;
    }
    return heard_;
  }
  /// Turns the ring until it is so; gives up when the machine has had ten real seconds.
  template <typename Condition>
  [[nodiscard]] bool turned_until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      ring_.turn(false);
    }
    return true;
  }
  template <typename Condition>
  void until(Condition condition) {
    EXPECT_TRUE(turned_until(condition)) << "heard so far: " << heard_;
  }
  void until_heard(std::string_view end) {
    until([&] { return hear().ends_with(end); });
  }
  void until_ended() {
    until([this] {
      hear();
      return ended_;
    });
  }
  void until_seen(std::size_t count) {
    until([&] { return handler_.seen.size() >= count; });
  }
  /// Lets everything happen that can happen now: nothing on this ring takes more turns than this.
  void settle() {
    for (int i = 0; i < 100; ++i) ring_.turn(false);
  }
  /// The answers heard, without their Date lines.
  [[nodiscard]] std::string answers() const {
    std::string out = heard_;
    for (std::size_t at = 0; (at = out.find("Date: ", at)) != out.npos;) out.erase(at, out.find('\n', at) - at + 1);
    return out;
  }

  test::manual_clock time_;
  io::ring_context ring_{io::real_kernel(), time_, io::real_kernel().make_ring(64).value(), "test"};
  io::buffer_pool buffers_{ring_, 2, limits::piece_bytes};
  io::buffer_pool heads_{ring_, 2, limits::head_bytes_max};
  io::pipe_pool pipes_{ring_, 2, 65'536};
  io::worker on_{ring_, buffers_, heads_, pipes_};
  test::scripted_handler handler_;
  null_logger log_;
  null_metrics numbers_;
  timeouts times_;
  date_line date_{time_};
  surroundings around_{.on = on_,
                       .handler = handler_,
                       .log = log_,
                       .numbers = numbers_,
                       .times = times_,
                       .date = date_,
                       .piped_answers_max = 1};
  io::task_scope scope_{ring_};
  std::unique_ptr<connection> one_;
  int client_{-1};
  std::string heard_;
  bool ended_{false};
};

}  // namespace wf::net
