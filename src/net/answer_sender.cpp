#include "waveforge/net/answer_sender.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "waveforge/base/units.hpp"

namespace wf::net {

namespace {

/// Large enough that system calls do not count, small enough that a slow reader's leftovers do not either.
constexpr std::uint64_t piped_piece_bytes = 256_KiB;
constexpr std::uint64_t copied_piece_bytes = 64_KiB;

io::task<void> pull(api::stream_body& from, io::deadline until, std::string& into) {
  into = co_await from.next(until);
}

/// What is sent instead of an answer that cannot be written: our own fault, and no client's text is repeated.
api::reply unwritable() {
  api::reply answer;
  answer.status = 500;
  answer.close = true;
  return answer;
}

}  // namespace

io::task<result<bool>> answer_sender::send(api::reply answer, answer_terms terms) {
  auto head = write_answer_head(answer, terms, around_.date.now());
  if (!head) {
    around_.log.fault("answer_unwritable", {{"why", std::string_view{head.error().detail}}});
    answer = unwritable();
    terms.keep_alive = false;
    head = write_answer_head(answer, terms, around_.date.now());
    if (!head) co_return fail(std::move(head.error()));
  }
  const auto framing = head->framing;
  const bool keep_alive = head->keep_alive;
  auto* text = std::get_if<std::string>(&answer.body);
  if (framing == body_framing_out::length && text != nullptr) {
    head->text.append(*text);
    *text = {};  // a slow reader keeps one copy waiting, not two
  }
  auto sent = co_await send_text(std::move(head->text));
  if (!sent) co_return fail(std::move(sent.error()));
  if (framing == body_framing_out::none || text != nullptr) co_return keep_alive;

  if (const auto* memory = std::get_if<api::static_body>(&answer.body)) {
    sent = co_await to_.send_all(memory->bytes, nullptr, around_.times.send);
  } else if (auto* file = std::get_if<api::file_body>(&answer.body)) {
    sent = co_await send_file(std::move(*file));
  } else if (auto* live = std::get_if<std::unique_ptr<api::stream_body>>(&answer.body)) {
    sent = co_await send_stream(**live, framing);
  }
  if (!sent) co_return fail(std::move(sent.error()));
  co_return keep_alive;
}

io::task<result<void>> answer_sender::send_text(std::string text) {
  auto kept = std::make_shared<std::string>(std::move(text));
  const auto bytes = std::as_bytes(std::span{*kept});
  co_return co_await to_.send_all(bytes, std::move(kept), around_.times.send);
}

io::task<result<void>> answer_sender::send_file(api::file_body body) {
  around_.numbers.add(counter::recording_bytes_sent, body.length_bytes);
  auto piped = co_await send_piped(body);
  if (!piped) co_return fail(std::move(piped.error()));
  body.offset_bytes += *piped;
  body.length_bytes -= *piped;
  co_return co_await send_copied(std::move(body));
}

/// As much as goes through pipes; returns how much that was.
io::task<result<std::uint64_t>> answer_sender::send_piped(const api::file_body& body) {
  std::uint64_t done = 0;
  io::socket* socket = to_.plain();
  if (socket == nullptr || around_.on.pipes.capacity_bytes() == 0) co_return done;
  const std::uint64_t piece_max = std::min<std::uint64_t>(piped_piece_bytes, around_.on.pipes.capacity_bytes());
  while (done < body.length_bytes) {
    // A reader that takes nothing is waited for before the pipe is leased, not with it in hand.
    auto writable = co_await socket->wait_writable(around_.times.send);
    if (!writable) co_return fail(std::move(writable.error()));
    if (around_.piped_answers >= around_.piped_answers_max) co_return done;
    ++around_.piped_answers;
    auto moved = co_await send_piece(*socket, body, done, piece_max);
    --around_.piped_answers;
    if (!moved) co_return fail(std::move(moved.error()));
    if (*moved == 0) co_return done;
    done += *moved;
  }
  co_return done;
}

/// One pipe full; 0: there is no pipe.
io::task<result<std::uint64_t>> answer_sender::send_piece(io::socket& socket, const api::file_body& body,
                                                          std::uint64_t done, std::uint64_t piece_max) {
  io::pipe_lease pipe = co_await around_.on.pipes.take(around_.on.ring.after(around_.times.body_poll));
  if (!pipe) co_return std::uint64_t{0};
  const auto size = static_cast<std::uint32_t>(std::min(piece_max, body.length_bytes - done));
  auto filled = co_await io::fill_from_file(*pipe, body.file->number(), body.offset_bytes + done, size);
  if (!filled) co_return fail(std::move(filled.error()));
  if (*filled == 0) co_return fail(errc::io_failed, "The file is shorter than it was.");
  auto drained = co_await socket.drain_from(*pipe, *filled, around_.times.send);
  if (!drained) co_return fail(std::move(drained.error()));
  co_return std::uint64_t{*filled};
}

io::task<result<void>> answer_sender::send_copied(api::file_body rest) {
  if (rest.length_bytes == 0) co_return result<void>{};
  std::shared_ptr<std::byte[]> memory{new std::byte[copied_piece_bytes]};
  while (rest.length_bytes > 0) {
    const std::span<std::byte> room{memory.get(), std::min(copied_piece_bytes, rest.length_bytes)};
    auto got = co_await rest.file->read(room, rest.offset_bytes, memory);
    if (!got) co_return fail(std::move(got.error()));
    if (*got == 0) co_return fail(errc::io_failed, "The file is shorter than it was.");
    auto sent = co_await to_.send_all(room.first(*got), memory, around_.times.send);
    if (!sent) co_return fail(std::move(sent.error()));
    rest.offset_bytes += *got;
    rest.length_bytes -= *got;
  }
  co_return result<void>{};
}

io::task<result<void>> answer_sender::send_stream(api::stream_body& body, body_framing_out framing) {
  const bool chunked = framing == body_framing_out::chunked;
  for (;;) {
    std::string piece = co_await next_piece(body);
    const bool last = piece.empty();
    if (chunked) piece = last ? std::string{"0\r\n\r\n"} : fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
    if (!piece.empty()) {
      auto sent = co_await send_text(std::move(piece));
      if (!sent) co_return fail(std::move(sent.error()));
    }
    if (last) co_return result<void>{};
  }
}

io::task<std::string> answer_sender::next_piece(api::stream_body& body) {
  std::string piece;
  if (streams_end_) co_return piece;
  // A scope of its own, so that the pull alone can be cancelled when the server drains.
  io::task_scope pulling{around_.on.ring};
  if (!pulling.spawn(pull(body, around_.on.ring.after(around_.times.stream_beat), piece))) co_return piece;
  streaming_ = &pulling;
  static_cast<void>(co_await pulling.join(io::deadline::never()));
  co_await pulling.close();
  streaming_ = nullptr;
  co_return piece;
}

void answer_sender::end_streams() noexcept {
  streams_end_ = true;
  if (streaming_ != nullptr) streaming_->cancel_all();
}

}  // namespace wf::net
