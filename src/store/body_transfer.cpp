#include "waveforge/store/body_transfer.hpp"

#include <algorithm>
#include <cstring>

#include "waveforge/base/limits.hpp"

namespace wf::store {

namespace {

/// From this size on a piece starts its own way to the disk at once, so that the round's sync finds little left to do.
constexpr std::uint64_t write_back_bytes_min = 64_KiB;
/// How long a body may wait for a buffer or a pipe: longer, and the node is overloaded and says so.
constexpr auto lease_patience = std::chrono::seconds{30};

}  // namespace

body_transfer::body_transfer(const environment& world, durability level, io::worker& on, io::body_source& body,
                             target into, body_check* check, std::function<void(std::uint64_t)> landed)
    : world_(world),
      level_(level),
      on_(on),
      body_(body),
      into_(std::move(into)),
      check_(check),
      landed_(std::move(landed)) {}

std::uint64_t body_transfer::rest() const noexcept {
  return std::min(room(), body_.remaining().value_or(room()));
}

void body_transfer::advance(std::uint64_t bytes, counter which) {
  into_.position_bytes += bytes;
  into_.file->dirty.store(true, std::memory_order_release);
  world_.count.add(counter::body_bytes_received, bytes);
  world_.count.add(which, bytes);
  landed_(bytes);
}

io::task<result<io::buffer_lease>> body_transfer::lease() {
  auto buffer = co_await on_.buffers.take(on_.ring.after(lease_patience));
  if (!buffer) co_return fail(errc::unavailable, "no receive buffer became free in time");
  co_return buffer;
}

io::task<result<void>> body_transfer::run(way how) {
  const auto moved = co_await take_all(how);
  if (moved || moved.error().code == errc::too_large || file_failed_) co_return moved;
  // The body was broken off. What has arrived of it is kept, to the last byte.
  const auto kept = co_await keep_what_is_there();
  co_return kept ? moved : kept;
}

io::task<result<void>> body_transfer::keep_what_is_there() {
  while (room() > 0 && !body_.in_hand().empty()) {
    const auto written = co_await in_hand_piece();
    if (!written) co_return written;
  }
  // Nothing is waited for: a peer that is gone sends no more, and a displaced one must make way at once.
  while (rest() > 0 && body_.raw() != nullptr) {
    const auto buffer = on_.buffers.try_take();
    if (!buffer) break;
    const auto into =
        buffer->bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer->bytes.size(), rest())));
    const auto got = body_.raw()->receive_now(into);
    if (!got || got->value_or(0) == 0) break;
    body_.took(**got);
    const auto written = co_await write(into.first(**got), buffer);
    if (!written) co_return written;
  }
  co_return result<void>{};
}

io::task<result<void>> body_transfer::take_all(way how) {
  while (!body_.done()) {
    if (room() == 0) {
      const auto ended = co_await ends_here(body_);
      if (!ended) co_return fail(ended.error());
      if (*ended) continue;
      co_return fail(errc::too_large, "the body goes past the end of the upload; send what Upload-Length has room for");
    }
    result<void> moved{};
    if (how == way::direct) {
      const result<bool> whole = co_await direct_piece();
      if (!whole) co_return fail(whole.error());
      if (*whole) continue;
      how = way::buffered;  // the position is no longer on a block
    }
    if (!body_.in_hand().empty()) {
      moved = co_await in_hand_piece();
    } else if (how == way::splice) {
      moved = co_await splice_piece();
    } else {
      moved = co_await buffered_piece();
    }
    if (!moved) co_return moved;
  }
  co_return result<void>{};
}

io::task<result<void>> body_transfer::write(std::span<const std::byte> bytes, std::shared_ptr<void> owner) {
  if (check_ != nullptr) check_->update(bytes);
  if (into_.segment) {
    const auto reserved =
        co_await into_.files->reserve(*into_.file, into_.position_bytes, bytes.size(), into_.bound_bytes);
    file_failed_ = !reserved;
    if (!reserved) co_return reserved;
  }
  const std::uint64_t at = into_.position_bytes;
  std::uint64_t written = 0;
  const auto done = co_await into_.file->plain.write_all(bytes, at, std::move(owner), &written);
  advance(done ? bytes.size() : written, counter::bytes_buffered);
  file_failed_ = !done;
  if (!done) co_return done;
  if (level_ != durability::none && bytes.size() >= write_back_bytes_min) {
    co_await into_.file->plain.start_write_back(at, bytes.size());
  }
  co_return result<void>{};
}

io::task<result<void>> body_transfer::in_hand_piece() {
  const auto bytes =
      body_.in_hand().first(static_cast<std::size_t>(std::min<std::uint64_t>(body_.in_hand().size(), room())));
  auto owner = body_.in_hand_owner();
  const auto written = co_await write(bytes, std::move(owner));
  body_.consume(bytes.size());
  co_return written;
}

io::task<result<void>> body_transfer::buffered_piece() {
  const std::uint64_t want = std::min<std::uint64_t>(on_.buffers.buffer_bytes(), rest());
  const auto ready = co_await body_.wait(want);
  if (!ready) co_return fail(ready.error());
  if (!body_.in_hand().empty()) co_return result<void>{};  // a decoder put some there
  const auto buffer = co_await lease();
  if (!buffer) co_return fail(buffer.error());
  const auto into =
      (*buffer)->bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>((*buffer)->bytes.size(), room())));
  std::size_t filled = 0;
  // What was announced is there: taking all of it now makes one write of it instead of several.
  do {
    const auto got = co_await body_.receive(into.subspan(filled), *buffer);
    if (!got) {
      if (filled == 0) co_return fail(got.error());
      const auto kept = co_await write(into.first(filled), *buffer);
      co_return kept ? result<void>{fail(got.error())} : kept;
    }
    if (*got == 0) break;
    filled += *got;
  } while (filled < into.size() && filled < *ready && !body_.done() && body_.in_hand().empty());
  if (filled == 0) co_return result<void>{};
  const auto written = co_await write(into.first(filled), *buffer);
  co_return written;
}

io::task<result<void>> body_transfer::splice_piece() {
  const std::uint64_t want = std::min<std::uint64_t>(limits::piece_bytes, rest());
  const auto ready = co_await body_.wait(want);
  if (!ready) co_return fail(ready.error());
  auto pipe = co_await on_.pipes.take(on_.ring.after(lease_patience));
  if (!pipe) {
    const auto copied = co_await buffered_piece();
    co_return copied;
  }
  while (pipe->held_bytes < pipe->capacity_bytes && pipe->held_bytes < rest()) {
    const auto size =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(pipe->capacity_bytes, rest()) - pipe->held_bytes);
    const auto moved = body_.raw()->splice_now(*pipe, size);
    if (!moved) {
      if (pipe->held_bytes == 0) co_return fail(moved.error());
      break;
    }
    // Nothing there now, the pipe is full of small segments, or the peer is gone: the next wait tells which.
    if (!moved->has_value() || **moved == 0) break;
  }
  const std::uint32_t held = pipe->held_bytes;
  if (held == 0) co_return result<void>{};
  body_.took(held);
  if (into_.segment) {
    const auto reserved = co_await into_.files->reserve(*into_.file, into_.position_bytes, held, into_.bound_bytes);
    file_failed_ = !reserved;
    if (!reserved) co_return reserved;
  }
  const std::uint64_t at = into_.position_bytes;
  std::uint64_t landed = 0;
  const auto drained = co_await io::drain_to_file(*pipe, into_.file->plain.number(), at, held, &landed);
  advance(drained ? held : landed, counter::bytes_spliced);
  file_failed_ = !drained;
  if (drained && level_ != durability::none) co_await into_.file->plain.start_write_back(at, held);
  co_return drained;
}

io::task<result<bool>> body_transfer::direct_piece() {
  const std::uint64_t in_hand = body_.in_hand().size();
  const std::uint64_t want = std::min<std::uint64_t>(on_.buffers.buffer_bytes(), rest());
  // Less than a block, or less than what came with the head fills: the tail of the body.
  if (want < direct_block_bytes || into_.position_bytes % direct_block_bytes != 0) co_return false;
  const auto ready = co_await body_.wait(want);
  if (!ready) co_return fail(ready.error());
  const std::uint64_t size = std::min(*ready, want) / direct_block_bytes * direct_block_bytes;
  if (size == 0) co_return false;
  const auto opened = co_await into_.files->open_direct(*into_.file);
  if (!opened) co_return false;
  const auto reserved = co_await into_.files->reserve(*into_.file, into_.position_bytes, size, into_.bound_bytes);
  file_failed_ = !reserved;
  if (!reserved) co_return fail(reserved.error());
  const auto buffer = co_await lease();
  if (!buffer) co_return fail(buffer.error());

  const auto into = (*buffer)->bytes.first(static_cast<std::size_t>(size));
  // The head's buffer is not aligned: what came with it moves once, at most a head's worth.
  const std::size_t moved = std::min<std::size_t>(in_hand, into.size());
  std::memcpy(into.data(), body_.in_hand().data(), moved);
  body_.consume(moved);
  std::size_t filled = moved;
  result<void> received{};
  while (filled < into.size()) {
    const auto got = co_await body_.receive(into.subspan(filled), *buffer);
    if (!got) received = fail(got.error());
    if (!got || *got == 0) break;
    filled += *got;
  }
  // Nothing of the body after all: half a record, or framing.
  if (filled == 0 && received) co_return true;
  if (filled < into.size()) {
    // The peer broke off within what it had announced: keep the prefix, its last block through the page cache.
    const auto kept = co_await write(into.first(filled), *buffer);
    if (!kept) co_return fail(kept.error());
    if (!received) co_return fail(received.error());
    co_return false;
  }
  std::uint64_t landed = 0;
  result<void> written{};
  if ((*buffer)->registered) {
    written =
        co_await into_.file->direct.write_all_fixed(into, into_.position_bytes, (*buffer)->index, *buffer, &landed);
  } else {
    written = co_await into_.file->direct.write_all(into, into_.position_bytes, *buffer, &landed);
  }
  advance(written ? size : landed, counter::bytes_direct);
  file_failed_ = !written;
  if (!written) co_return fail(written.error());
  co_return true;
}

io::task<result<bool>> ends_here(io::body_source& body) {
  while (!body.done()) {
    if (!body.in_hand().empty() || body.remaining()) co_return false;
    const auto ready = co_await body.wait(1);
    if (!ready) co_return fail(ready.error());
    if (!body.in_hand().empty()) co_return false;
    const auto probe = std::make_shared<std::array<std::byte, 1>>();
    const auto got = co_await body.receive(*probe, probe);
    if (!got) co_return fail(got.error());
    if (*got > 0) co_return false;
  }
  co_return true;
}

namespace {

/// At most `length` bytes that can be had without waiting, also in memory when the body is asked for more; none: wait
/// again.
io::task<result<std::span<const std::byte>>> take_some(io::worker& on, io::body_source& body, std::uint64_t length,
                                                       io::buffer_lease& received) {
  received = co_await on.heads.take(on.ring.after(lease_patience));
  if (!received) co_return fail(errc::unavailable, "no buffer became free in time");
  const auto into =
      received->bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(received->bytes.size(), length)));
  const auto got = co_await body.receive(into, received);
  if (!got) co_return fail(got.error());
  co_return into.first(*got);
}

}  // namespace

io::task<result<void>> compare_with_file(io::worker& on, io::body_source& body, open_file& file, std::uint64_t offset,
                                         std::uint64_t length, std::uint64_t* compared) {
  while (length > 0 && !body.done()) {
    if (body.in_hand().empty()) {
      const auto ready = co_await body.wait(std::min<std::uint64_t>(length, on.heads.buffer_bytes()));
      if (!ready) co_return fail(ready.error());
    }
    io::buffer_lease received;
    result<std::span<const std::byte>> piece = body.in_hand();
    if (piece->empty()) piece = co_await take_some(on, body, length, received);
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) continue;
    const auto stored = co_await on.buffers.take(on.ring.after(lease_patience));
    if (!stored) co_return fail(errc::unavailable, "no buffer became free in time");
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>({piece->size(), length, stored->bytes.size()}));
    const auto read = co_await file.plain.read(stored->bytes.first(size), offset, stored);
    if (!read) co_return fail(read.error());
    if (*read != size || std::memcmp(stored->bytes.data(), piece->data(), size) != 0)
      co_return fail(errc::content_conflict, "the bytes differ from those that are stored already");
    offset += size;
    length -= size;
    if (compared != nullptr) *compared += size;
    if (!received) body.consume(size);
  }
  co_return result<void>{};
}

}  // namespace wf::store
