// The ways of a body, from the socket to where its bytes belong.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "loop.hpp"

namespace limit {
namespace {

constexpr std::uint64_t block_bytes = 4096;

}  // namespace

void loop::begin_body(std::uint32_t index) {
  connection& one = *connections_[index];
  files_.reserve(*one.into, one.at + one.body_held + one.rest);
  const char* const in_hand = one.head.data() + one.held - one.body_held;
  if (with_.how == way::sink) {
    one.at += one.body_held;
  } else if (with_.how != way::direct || one.rest == 0 || one.body_held + one.rest < block_bytes) {
    write_plain(one, in_hand, one.body_held);
  } else {
    return wait_for_body(index);  // a direct piece starts with what came beside the head
  }
  one.body_held = 0;
  after_piece(index);
}

void loop::wait_for_body(std::uint32_t index) {
  connection& one = *connections_[index];
  const std::uint64_t piece = std::min<std::uint64_t>(one.rest, piece_bytes - one.body_held);
  low_water(one, static_cast<int>(std::max<std::uint64_t>(piece, 1)));
  io_uring_prep_poll_add(entry(index, event::readable), one.socket, POLLIN);
}

void loop::on_readable(std::uint32_t index) {
  connection& one = *connections_[index];
  const std::uint64_t before = one.rest;
  switch (with_.how) {
    case way::sink: discard(one); break;
    case way::buffered: take_buffered(one); break;
    case way::splice: take_spliced(one); break;
    case way::direct: return take_direct(index);
  }
  if (one.rest == before) return close(index);
  after_piece(index);
}

void loop::after_piece(std::uint32_t index) {
  if (connections_[index]->rest > 0) return wait_for_body(index);
  body_done(index);
}

void loop::discard(connection& one) {
  const ssize_t got = ::recv(one.socket, memory_, std::min<std::uint64_t>(one.rest, piece_bytes), MSG_DONTWAIT);
  if (got <= 0) return;
  one.rest -= static_cast<std::uint64_t>(got);
  one.at += static_cast<std::uint64_t>(got);
}

void loop::take_buffered(connection& one) {
  const ssize_t got = ::recv(one.socket, memory_, std::min<std::uint64_t>(one.rest, piece_bytes), MSG_DONTWAIT);
  if (got <= 0) return;
  one.rest -= static_cast<std::uint64_t>(got);
  write_plain(one, memory_, static_cast<std::size_t>(got));
}

void loop::write_plain(connection& one, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::pwrite(one.into->plain, bytes, size, static_cast<off_t>(one.at));
    if (written < 0) give_up("write", errno);
    bytes += written;
    size -= static_cast<std::size_t>(written);
    one.at += static_cast<std::uint64_t>(written);
  }
}

void loop::take_spliced(connection& one) {
  const ssize_t got = ::splice(one.socket, nullptr, pipe_[1], nullptr, std::min<std::uint64_t>(one.rest, piece_bytes),
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (got <= 0) return;
  one.rest -= static_cast<std::uint64_t>(got);
  for (ssize_t left = got; left > 0;) {
    auto at = static_cast<loff_t>(one.at);
    const ssize_t moved =
        ::splice(pipe_[0], nullptr, one.into->plain, &at, static_cast<std::size_t>(left), SPLICE_F_MOVE);
    if (moved <= 0) give_up("splice into a file", errno);
    left -= moved;
    one.at += static_cast<std::uint64_t>(moved);
  }
}

void loop::take_direct(std::uint32_t index) {
  connection& one = *connections_[index];
  if (free_buffers_.empty()) {
    wait_for_buffer_.push_back(index);
    return;
  }
  one.buffer = free_buffers_.back();
  free_buffers_.pop_back();
  char* const buffer = memory_ + static_cast<std::size_t>(one.buffer) * piece_bytes;
  std::memcpy(buffer, one.head.data() + one.held - one.body_held, one.body_held);
  std::size_t filled = one.body_held;
  one.body_held = 0;
  while (one.rest > 0 && filled < piece_bytes) {
    const ssize_t got =
        ::recv(one.socket, buffer + filled, std::min<std::uint64_t>(one.rest, piece_bytes - filled), MSG_DONTWAIT);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
    one.rest -= static_cast<std::uint64_t>(got);
  }
  one.writing = filled / block_bytes * block_bytes;
  if (one.writing == 0 || one.at % block_bytes != 0 || one.into->direct < 0) {
    write_plain(one, buffer, filled);
    one.writing = 0;
    return on_written(index, 0);
  }
  // What does not fill a block goes to the front of the next piece; the head's buffer keeps it meanwhile.
  one.body_held = filled - one.writing;
  std::memcpy(one.head.data() + one.held - one.body_held, buffer + one.writing, one.body_held);
  io_uring_prep_write_fixed(entry(index, event::written), one.into->direct, buffer, static_cast<unsigned>(one.writing),
                            one.at, one.buffer);
}

void loop::on_written(std::uint32_t index, int result) {
  connection& one = *connections_[index];
  if (result < 0) give_up("write directly", -result);
  if (static_cast<std::uint64_t>(result) != one.writing) give_up("write a whole piece directly", EIO);
  one.at += one.writing;
  free_buffers_.push_back(one.buffer);
  one.buffer = -1;
  if (!wait_for_buffer_.empty()) {
    const std::uint32_t next = wait_for_buffer_.front();
    wait_for_buffer_.pop_front();
    if (connections_[next]) take_direct(next);
  }
  if (one.rest > 0) return wait_for_body(index);
  write_plain(one, one.head.data() + one.held - one.body_held, one.body_held);
  one.body_held = 0;
  body_done(index);
}

void loop::body_done(std::uint32_t index) {
  connection& one = *connections_[index];
  one.into->length = std::max(one.into->length, one.at);
  const bool complete = one.offset + (one.at - one.begin) == one.into->chunk_bytes[one.chunk];
  if (with_.sync_chunks && complete && one.into->plain >= 0) {
    return io_uring_prep_fsync(entry(index, event::synced), one.into->plain, IORING_FSYNC_DATASYNC);
  }
  tell_offset(index);
}

void loop::tell_offset(std::uint32_t index) {
  const connection& one = *connections_[index];
  answer(index,
         "HTTP/1.1 204 No Content\r\nUpload-Offset: " + std::to_string(one.offset + (one.at - one.begin)) + "\r\n\r\n");
}

}  // namespace limit
