// Listening, spreading connections over workers, refusing above the bound, draining: over loopback TCP, two workers'
// rings turned by the test's own thread.
#include "waveforge/net/service.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>

#include "support/manual_clock.hpp"
#include "support/scripted_handler.hpp"
#include "waveforge/net/crew.hpp"

namespace wf::net {
namespace {

using namespace std::chrono_literals;

/// A worker without a thread.
struct stand_in {
  explicit stand_in(test::manual_clock& time, crew& everyone, test::scripted_handler& handler)
      : ring{io::real_kernel(), time, io::real_kernel().make_ring(64).value(), "test"},
        date{time},
        part{{.on = on, .handler = handler, .log = log, .numbers = numbers, .times = times, .date = date}, everyone} {
    everyone.join(part);
  }
  io::ring_context ring;
  io::buffer_pool buffers{ring, 1, limits::piece_bytes};
  io::buffer_pool heads{ring, 4, limits::head_bytes_max};
  io::pipe_pool pipes{ring, 0, 65'536};
  io::worker on{ring, buffers, heads, pipes};
  null_logger log;
  null_metrics numbers;
  timeouts times;
  date_line date;
  service part;
};

/// A client's end. Blocking nowhere.
class client {
 public:
  explicit client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // What is said is heard at once: the clock of these tests does not wait for delayed acknowledgements.
    const int on = 1;
    EXPECT_EQ(::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  client(client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  client& operator=(client&&) = delete;
  ~client() {
    if (fd_ >= 0) ::close(fd_);
  }
  /// As much as the kernel takes now.
  std::size_t say(std::string_view text) {
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// -1: nothing there now; 0: finished; -2: reset.
  ssize_t hear() {
    char piece[4096];
    const ssize_t got = ::recv(fd_, piece, sizeof piece, MSG_DONTWAIT);
    if (got > 0) heard.append(piece, static_cast<std::size_t>(got));
    return got < 0 && errno == ECONNRESET ? -2 : got;
  }
  std::string heard;

 private:
  int fd_;
};

class service_test : public ::testing::Test {
 protected:
  explicit service_test(std::uint32_t connections_max = 100) : crew_(connections_max) {
    for (int i = 0; i < 2; ++i) workers_.emplace_back(time_, crew_, handler_);
    io::kernel& world = io::real_kernel();
    const int fd = world.listen("127.0.0.1:0", true).value();
    const std::string address = world.local_address(fd).value();
    port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    workers_[0].ring.post([this, &world, fd] { first().listen(io::acceptor{io::descriptor{world, fd}}, false); });
  }
  ~service_test() override {
    if (!drained_) drain(0s);
  }
  service& first() { return workers_[0].part; }

  void turn() {
    for (stand_in& worker : workers_) worker.ring.turn(false);
  }
  template <typename Condition>
  void until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "did not happen";
      turn();
    }
  }
  static io::task<void> drain_one(service& part, steady_time::duration patience, int& count) {
    co_await part.drain(patience);
    ++count;
  }
  void drain(steady_time::duration patience) {
    drained_ = true;
    int count = 0;
    std::deque<io::task_scope> scopes;
    for (stand_in& worker : workers_) {
      auto& scope = scopes.emplace_back(worker.ring);
      ASSERT_TRUE(scope.spawn(drain_one(worker.part, patience, count)));
    }
    until([&] {
      time_.advance(1ms);
      return count == 2 && scopes[0].size() + scopes[1].size() == 0;
    });
    turn();
  }

  test::manual_clock time_;
  test::scripted_handler handler_;
  crew crew_;
  std::deque<stand_in> workers_;
  std::uint16_t port_{0};
  bool drained_{false};
};

TEST_F(service_test, connections_are_spread_evenly_before_they_say_anything) {
  std::vector<client> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(port_);
  until([this] { return workers_[0].part.connections_open() + workers_[1].part.connections_open() == 8; });
  EXPECT_EQ(workers_[0].part.connections_open(), 4U);
  EXPECT_EQ(workers_[1].part.connections_open(), 4U);
  clients.clear();
  until([this] { return crew_.connections_open() == 0; });
  EXPECT_EQ(workers_[0].ring.load, 0);
  EXPECT_EQ(workers_[1].ring.load, 0);
}

TEST_F(service_test, an_early_answer_reaches_a_client_that_reads_only_after_it_has_sent_everything) {
  client one{port_};
  constexpr std::size_t body_bytes = 20'000'000;  // far more than the buffers of both sockets hold
  const std::string text = fmt::format("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body_bytes) +
                           std::string(body_bytes, 'x');
  std::size_t sent = 0;
  until([&] {
    sent += one.say(std::string_view{text}.substr(sent));
    return sent == text.size();
  });
  ssize_t got = -1;
  until([&] {
    got = one.hear();
    return got == 0 || got == -2;
  });
  EXPECT_EQ(got, 0) << "the connection was reset";
  EXPECT_TRUE(one.heard.starts_with("HTTP/1.1 409 ")) << one.heard;
  EXPECT_TRUE(one.heard.ends_with("no")) << one.heard;
}

TEST_F(service_test, a_client_that_never_stops_sending_is_left_after_a_while) {
  client one{port_};
  one.say("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000000\r\n\r\n");
  until([&] { return one.hear() == 0; });
  const steady_time from = time_.now();
  until([&] {
    static_cast<void>(one.say("more"));
    time_.advance(5ms);
    return crew_.connections_open() == 0;
  });
  EXPECT_GE(time_.now() - from, 9s);
  EXPECT_LE(time_.now() - from, 20s) << "the clock runs ahead of the kernel";
}

TEST_F(service_test, a_client_that_falls_silent_after_its_answer_is_left_sooner) {
  client one{port_};
  one.say("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
  until([&] { return one.hear() == 0; });
  const steady_time from = time_.now();
  until([&] {
    time_.advance(100ms);
    return crew_.connections_open() == 0;
  });
  EXPECT_LT(time_.now() - from, 9s) << "sooner than who goes on sending; the clock runs ahead of the kernel";
}

TEST_F(service_test, draining_stops_listening_and_ends_idle_connections) {
  client one{port_};
  until([this] { return crew_.connections_open() == 1; });
  turn();
  drain(10s);
  EXPECT_EQ(one.hear(), 0);
  EXPECT_EQ(crew_.connections_open(), 0U);
}

TEST_F(service_test, draining_waits_for_requests_and_then_cuts_their_bodies) {
  client one{port_};
  one.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  until([this] { return handler_.open_body != nullptr; });
  const steady_time from = time_.now();
  drain(5s);
  EXPECT_GE(time_.now() - from, 5s);
  EXPECT_EQ(handler_.seen.at(0).body, "abc");
  EXPECT_EQ(handler_.seen[0].failure.value().code, errc::displaced);
}

class crowded_service_test : public service_test {
 protected:
  crowded_service_test() : service_test(2) {}
};

TEST_F(crowded_service_test, above_the_bound_a_connection_is_told_to_come_back) {
  client first{port_};
  client second{port_};
  until([this] { return crew_.connections_open() == 2; });
  client third{port_};
  third.say("POST /tus/ HTTP/1.1\r\n");
  until([&] { return third.hear() == 0; });
  EXPECT_TRUE(third.heard.starts_with("HTTP/1.1 503 ")) << third.heard;
  EXPECT_NE(third.heard.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(crew_.connections_open(), 2U);
}

TEST_F(crowded_service_test, above_the_bound_who_says_nothing_is_told_after_a_moment) {
  client first{port_};
  client second{port_};
  until([this] { return crew_.connections_open() == 2; });
  client third{port_};
  until([&] {
    time_.advance(100ms);
    return third.hear() == 0;
  });
  EXPECT_TRUE(third.heard.starts_with("HTTP/1.1 503 ")) << third.heard;
}

TEST_F(crowded_service_test, above_the_bound_head_is_closed_and_not_told_a_status_that_ends_an_upload) {
  client first{port_};
  client second{port_};
  until([this] { return crew_.connections_open() == 2; });
  client third{port_};
  third.say("HEAD /tus/abc HTTP/1.1\r\n");
  ssize_t last = -1;
  until([&] { return (last = third.hear()) == 0 || last == -2; });
  EXPECT_EQ(third.heard, "");
}

}  // namespace
}  // namespace wf::net
