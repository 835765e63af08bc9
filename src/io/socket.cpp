#include "waveforge/io/socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace wf::io {

namespace {

/// One entry carries at most this (its length has 32 bits, its result 31).
constexpr std::size_t transfer_bytes_max = std::size_t{1} << 30U;

task<std::int32_t> wait_for(int fd, std::uint32_t events, deadline until) {
  operation op;
  op.kind = op_kind::poll;
  op.fd = fd;
  op.flags = events;
  return perform(std::move(op), until);
}

bool again(std::int32_t value) noexcept {
  return value == -EAGAIN || value == -EINTR;
}

}  // namespace

void socket::set_low_water(std::uint32_t bytes) noexcept {
  if (bytes == low_water_) return;
  world().set_receive_low_water(number(), bytes);
  low_water_ = bytes;
}

task<result<bool>> socket::wait_readable(std::uint32_t low_water, deadline until) {
  set_low_water(std::max<std::uint32_t>(low_water, 1));
  const std::int32_t value = co_await wait_for(number(), POLLIN, until);
  if (value == -ETIMEDOUT) co_return false;
  if (value < 0) co_return fail(os_error(value, "wait for the peer"));
  co_return true;
}

task<result<std::size_t>> socket::receive(std::span<std::byte> into, std::shared_ptr<void> owner, deadline until) {
  if (into.empty()) co_return std::size_t{0};
  set_low_water(1);
  for (;;) {
    operation op;
    op.kind = op_kind::recv;
    op.fd = number();
    op.data = into.data();
    op.size = static_cast<std::uint32_t>(std::min(into.size(), transfer_bytes_max));
    op.owner = owner;
    const std::int32_t value = co_await perform(std::move(op), until);
    if (value == -EINTR) continue;
    if (value < 0) co_return fail(os_error(value, "receive"));
    co_return static_cast<std::size_t>(value);
  }
}

result<std::optional<std::size_t>> socket::receive_now(std::span<std::byte> into) noexcept {
  const std::int32_t value = world().recv_now(number(), into);
  if (again(value)) return std::nullopt;
  if (value < 0) return fail(os_error(value, "receive"));
  return static_cast<std::size_t>(value);
}

result<std::optional<std::uint32_t>> socket::splice_now(pipe& into, std::uint32_t size) noexcept {
  const std::int32_t value = world().splice_now(number(), into.write_end.number(), size);
  if (again(value)) return std::nullopt;
  if (value < 0) return fail(os_error(value, "receive into a pipe"));
  into.held_bytes += static_cast<std::uint32_t>(value);
  return static_cast<std::uint32_t>(value);
}

/// Room is announced only when a good part of the socket's buffer is free. A peer may take longer than `patience` to
/// make so much of it and yet take bytes all the time.
bool socket::takes_bytes(std::uint32_t& unsent_bytes) const noexcept {
  const std::uint32_t before = std::exchange(unsent_bytes, world().unsent_bytes(number()));
  return unsent_bytes < before;
}

task<result<void>> socket::wait_writable(steady_time::duration patience) {
  ring_context* const ring = co_await this_ring();
  std::uint32_t unsent_bytes = world().unsent_bytes(number());
  for (;;) {
    const std::int32_t writable = co_await wait_for(number(), POLLOUT, ring->after(patience));
    if (writable >= 0) co_return result<void>{};
    if (writable == -ETIMEDOUT && takes_bytes(unsent_bytes)) continue;
    co_return fail(os_error(writable, "wait for the peer to take an answer"));
  }
}

task<result<void>> socket::drain_from(pipe& from, std::uint32_t size, steady_time::duration patience) {
  while (size > 0) {
    const std::int32_t moved = world().splice_now(from.read_end.number(), number(), size);
    if (moved > 0) {
      size -= static_cast<std::uint32_t>(moved);
      from.held_bytes -= static_cast<std::uint32_t>(moved);
      continue;
    }
    if (!again(moved)) co_return fail(os_error(moved == 0 ? -EPIPE : moved, "send from a pipe"));
    const auto writable = co_await wait_writable(patience);
    if (!writable) co_return writable;
  }
  co_return result<void>{};
}

task<result<void>> socket::send_all(std::span<const std::byte> from, std::shared_ptr<void> owner,
                                    steady_time::duration patience) {
  ring_context* const ring = co_await this_ring();
  std::uint32_t unsent_bytes = world().unsent_bytes(number());
  while (!from.empty()) {
    operation op;
    op.kind = op_kind::send;
    op.fd = number();
    op.data = const_cast<std::byte*>(from.data());  // only read; the entry's pointer is not const
    op.size = static_cast<std::uint32_t>(std::min(from.size(), transfer_bytes_max));
    op.owner = owner;
    const std::int32_t value = co_await perform(std::move(op), ring->after(patience));
    if (value == -EINTR) continue;
    if (value == -ETIMEDOUT && takes_bytes(unsent_bytes)) continue;
    if (value < 0) co_return fail(os_error(value, "send"));
    from = from.subspan(static_cast<std::size_t>(value));
    if (!from.empty()) unsent_bytes = world().unsent_bytes(number());
  }
  co_return result<void>{};
}

task<void> socket::finish_sending() {
  operation op;
  op.kind = op_kind::shutdown;
  op.fd = number();
  op.flags = SHUT_WR;
  (void)co_await perform_uninterrupted(std::move(op));  // a peer that is gone already needs no telling
}

task<void> socket::close() {
  if (!fd_) co_return;
  operation op;
  op.kind = op_kind::close;
  op.fd = fd_.release();
  (void)co_await perform_uninterrupted(std::move(op));
}

}  // namespace wf::io
