#include "support/raw_client.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "wfload/answer_reader.hpp"

namespace wf::test {
namespace {

using steady = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& doing) {
  throw std::runtime_error{doing};
}

[[noreturn]] void give_up_errno(const std::string& doing) {
  give_up(doing + ": " + std::strerror(errno));
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace

raw_client::raw_client(std::uint16_t port, int receive_buffer_bytes) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) give_up_errno("socket");
  if (receive_buffer_bytes != 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const int one = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    const int number = errno;
    ::close(socket_);
    errno = number;
    give_up_errno("connect to port " + std::to_string(port));
  }
}

raw_client::raw_client(raw_client&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, unread_{std::move(other.unread_)} {}

raw_client::~raw_client() {
  if (socket_ >= 0) ::close(socket_);
}

bool raw_client::wait_for(short events, steady::time_point until) const {
  for (;;) {
    pollfd wait{socket_, events, 0};
    const auto left = std::chrono::ceil<milliseconds>(until - steady::now()).count();
    const int ready = ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) give_up_errno("poll");
  }
}

bool raw_client::try_send(std::span<const std::byte> bytes, milliseconds within) {
  const auto until = steady::now() + within;
  while (!bytes.empty()) {
    if (!wait_for(POLLOUT, until)) give_up("the peer does not take our bytes");
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (sent < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

void raw_client::send(std::span<const std::byte> bytes, milliseconds within) {
  if (!try_send(bytes, within)) give_up_errno("send");
}

void raw_client::send(std::string_view text, milliseconds within) {
  send(as_bytes(text), within);
}

void raw_client::shut_down_sending() {
  ::shutdown(socket_, SHUT_WR);
}

void raw_client::abort() {
  const linger reset{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(std::exchange(socket_, -1));
}

answer raw_client::receive(bool to_head, milliseconds within, const sink& body) {
  const auto until = steady::now() + within;
  load::answer_reader reader;
  reader.expect(to_head);
  answer out;
  const load::answer_reader::body_sink take = [&](std::span<const std::byte> piece) {
    if (body) {
      body(piece);
    } else {
      out.body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
  };
  std::array<std::byte, 65536> piece{};
  while (!reader.complete()) {
    if (unread_.empty()) {
      if (!wait_for(POLLIN, until)) give_up("no answer in time");
      const ssize_t got = ::recv(socket_, piece.data(), piece.size(), 0);
      if (got < 0) give_up_errno("receive an answer");
      if (got == 0) {
        if (const auto ended = reader.end(); !ended) give_up(ended.error().detail);
        break;
      }
      unread_.assign(reinterpret_cast<const char*>(piece.data()), static_cast<std::size_t>(got));
    }
    const auto taken = reader.feed(as_bytes(unread_), take);
    if (!taken) give_up(taken.error().detail);
    unread_.erase(0, *taken);
  }
  out.status = reader.status();
  out.interim = reader.interim();
  out.closes = reader.closes();
  out.fields = reader.fields();
  return out;
}

answer raw_client::receive_interim(milliseconds within) {
  const auto until = steady::now() + within;
  std::array<char, 4096> piece{};
  std::size_t end = unread_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!wait_for(POLLIN, until)) give_up("no interim answer in time");
    const ssize_t got = ::recv(socket_, piece.data(), piece.size(), 0);
    if (got <= 0) give_up("the connection ended instead of an interim answer");
    unread_.append(piece.data(), static_cast<std::size_t>(got));
    end = unread_.find("\r\n\r\n");
  }
  if (!unread_.starts_with("HTTP/1.1 1")) give_up("not an interim answer: " + unread_.substr(0, unread_.find('\r')));
  answer out;
  out.status = 100 + (unread_[10] - '0') * 10 + (unread_[11] - '0');
  unread_.erase(0, end + 4);
  return out;
}

bool raw_client::closed_within(milliseconds within) {
  const auto until = steady::now() + within;
  std::array<char, 65536> piece{};
  for (;;) {
    if (!wait_for(POLLIN, until)) return false;
    if (::recv(socket_, piece.data(), piece.size(), 0) <= 0) return true;
  }
}

bool raw_client::readable_within(milliseconds within) {
  return !unread_.empty() || wait_for(POLLIN, steady::now() + within);
}

int raw_client::unacknowledged_bytes() const {
  int count = 0;
  if (::ioctl(socket_, SIOCOUTQ, &count) != 0) give_up_errno("SIOCOUTQ");
  return count;
}

std::uint16_t raw_client::local_port() const {
  sockaddr_in own{};
  socklen_t length = sizeof own;
  if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &length) != 0) give_up_errno("getsockname");
  return ntohs(own.sin_port);
}

}  // namespace wf::test
