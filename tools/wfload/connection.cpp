#include "wfload/connection.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace wf::load {
namespace {

constexpr std::size_t text_bytes_max = 64U * 1024U;
// 128 blocks of 4 KiB: a PATCH of the default size is one system call when the socket takes it.
constexpr std::size_t blocks_a_send = 128;
// A slow body goes out in steps of this length, so that its pace is even for the server's eyes.
constexpr std::chrono::milliseconds slow_step{50};

std::string os_text(const char* doing, int number) {
  return std::string{doing} + ": " + std::strerror(number);
}

}  // namespace

connection::connection(const target& to, const payload& from, std::uint64_t slow_bytes_per_s)
    : to_{&to}, from_{&from}, slow_{slow_bytes_per_s} {}

connection::connection(connection&& other) noexcept
    : to_{other.to_},
      from_{other.from_},
      slow_{other.slow_},
      socket_{std::exchange(other.socket_, -1)},
      busy_{other.busy_},
      now_{std::move(other.now_)},
      head_sent_{other.head_sent_},
      body_sent_{other.body_sent_},
      began_{other.began_},
      moved_at_{other.moved_at_},
      resume_at_{other.resume_at_},
      reader_{std::move(other.reader_)},
      answer_{std::move(other.answer_)} {}

result<void> connection::open(int epoll, std::uint64_t token) {
  socket_ = ::socket(to_->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(os_error(errno, "open a socket"));
  const int one = 1;
  (void)::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const int connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to_->address), to_->address_bytes);
  if (connected != 0 && errno != EINPROGRESS) {
    const int number = errno;
    close();
    return fail(os_error(number, "connect to " + to_->authority));
  }
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  interest.data.u64 = token;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, socket_, &interest) != 0) return fail(os_error(errno, "watch a socket"));
  return {};
}

void connection::close() noexcept {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void connection::start(exchange what, instant now) {
  now_ = std::move(what);
  head_sent_ = 0;
  body_sent_ = 0;
  began_ = now;
  moved_at_ = now;
  resume_at_.reset();
  answer_ = answer{};
  reader_.expect(now_.which == kind::head);
  busy_ = true;
}

std::uint64_t connection::body_allowance(instant now) {
  const std::uint64_t left = now_.body.length_bytes - body_sent_;
  if (slow_ == 0 || left == 0) return left;
  const double elapsed_s = std::chrono::duration<double>(now - began_).count();
  const auto due = static_cast<std::uint64_t>(elapsed_s * static_cast<double>(slow_));
  const std::uint64_t step_bytes =
      std::max<std::uint64_t>(1, slow_ * static_cast<std::uint64_t>(slow_step.count()) / 1000);
  if (due >= body_sent_ + std::min(step_bytes, left)) return std::min(left, due - body_sent_);
  resume_at_ = now + slow_step;
  return 0;
}

connection::progress connection::write(instant now) {
  if (!busy_ || socket_ < 0) return progress::waiting;
  resume_at_.reset();
  while (head_sent_ < now_.head.size() || body_sent_ < now_.body.length_bytes) {
    std::array<iovec, 1 + 2 * blocks_a_send> pieces{};
    std::array<payload::tag, blocks_a_send> tags{};
    std::size_t count = 0;
    if (head_sent_ < now_.head.size()) {
      pieces[count++] = iovec{now_.head.data() + head_sent_, now_.head.size() - head_sent_};
    }
    const std::uint64_t allowed = body_allowance(now);
    const auto body = from_->gather(now_.body.stream, now_.body.offset_bytes + body_sent_, allowed,
                                    std::span{pieces}.subspan(count), tags);
    count += body.pieces;
    if (count == 0) return progress::waiting;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == ENOTCONN) return progress::waiting;
      // The server may have answered before it closed; read() decides what this was.
      if (errno == EPIPE || errno == ECONNRESET) return progress::waiting;
      return broken(os_text(errno == ECONNREFUSED ? "connect" : "send", errno));
    }
    auto left = static_cast<std::size_t>(sent);
    const std::size_t of_head = std::min(left, now_.head.size() - head_sent_);
    head_sent_ += of_head;
    body_sent_ += left - of_head;
    moved_at_ = now;
  }
  return progress::waiting;
}

void connection::take_body(std::span<const std::byte> piece) {
  if (now_.wanted && reader_.status() == 200) {
    if (!answer_.differs_at) {
      answer_.differs_at =
          from_->first_difference(now_.wanted->stream, now_.wanted->offset_bytes + answer_.body_bytes, piece);
    }
  } else if (answer_.text.size() < text_bytes_max) {
    const std::size_t length = std::min(piece.size(), text_bytes_max - answer_.text.size());
    answer_.text.append(reinterpret_cast<const char*>(piece.data()), length);
  }
  answer_.body_bytes += piece.size();
}

connection::progress connection::read(std::span<std::byte> scratch, bool peer_closed) {
  const answer_reader::body_sink sink = [this](std::span<const std::byte> piece) { take_body(piece); };
  while (socket_ >= 0) {
    const ssize_t got = ::recv(socket_, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return progress::waiting;
    if (!busy_) {
      close();
      return progress::waiting;
    }
    if (got < 0) return broken(os_text("receive", errno));
    if (got == 0) {
      const auto ended = reader_.end();
      return ended ? settle() : broken(ended.error().detail);
    }
    moved_at_ = std::chrono::steady_clock::now();
    const auto length = static_cast<std::size_t>(got);
    const auto taken = reader_.feed(scratch.first(length), sink);
    if (!taken) return broken(taken.error().detail);
    if (reader_.complete()) {
      if (*taken < length) return broken("bytes after the answer");
      return settle();
    }
    // Less than asked for means the socket is empty; the next edge tells when there is more.
    if (length < scratch.size() && !peer_closed) return progress::waiting;
  }
  return progress::waiting;
}

connection::progress connection::settle() {
  busy_ = false;
  resume_at_.reset();
  answer_.status = reader_.status();
  answer_.upload_offset = reader_.number("upload-offset");
  if (const auto where = reader_.field("location")) answer_.location = *where;
  // An answer before the whole request went out: what is left of the body would be taken for the next request.
  const bool unsent = head_sent_ < now_.head.size() || body_sent_ < now_.body.length_bytes;
  if (unsent || reader_.closes()) close();
  return progress::over;
}

connection::progress connection::broken(std::string why) {
  busy_ = false;
  resume_at_.reset();
  answer_.status = 0;
  answer_.trouble = std::move(why);
  close();
  return progress::over;
}

void connection::give_up(const std::string& why) {
  (void)broken(why);
}

}  // namespace wf::load
