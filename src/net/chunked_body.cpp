#include "waveforge/net/chunked_body.hpp"

#include <algorithm>

#include "waveforge/base/check.hpp"

namespace wf::net {

namespace {

/// Holds any size line; a chunk's first bytes that come with it are handed out from here.
constexpr std::size_t framing_bytes = 512;

body_channel without_needless_invitation(body_channel channel, const held_bytes& held) {
  if (!held.empty()) channel.send_continue = false;
  return channel;
}

}  // namespace

chunked_body::chunked_body(const body_channel& channel, held_bytes held) noexcept
    : connection_body(without_needless_invitation(channel, held)), held_(std::move(held)) {
  find_run();
}

void chunked_body::find_run() noexcept {
  run_ = {};
  run_owner_.reset();
  while (state_ == http::progress::more && !held_.empty()) {
    const auto step = decoder_.next(held_.bytes);
    std::shared_ptr<void> owner = held_.owner;
    held_.drop(step.consumed_bytes);
    state_ = step.state;
    if (!step.data.empty()) {
      run_ = step.data;
      run_owner_ = std::move(owner);
      return;
    }
  }
}

void chunked_body::consume(std::size_t count) noexcept {
  WF_CHECK(count <= run_.size());
  run_ = run_.subspan(count);
  if (run_.empty()) find_run();
}

std::optional<std::uint64_t> chunked_body::remaining() const noexcept {
  if (state_ != http::progress::done) return std::nullopt;
  return run_.size();
}

tl::unexpected<error> chunked_body::refusal() const {
  const auto& why = decoder_.why();
  const bool trailers = why.code == http::status::header_fields_too_large;
  return fail(trailers ? errc::metadata_too_large : errc::bad_request, std::string{why.detail});
}

result<void> chunked_body::pull_framing() {
  std::shared_ptr<std::byte[]> memory{new std::byte[framing_bytes]};
  const std::span<std::byte> room{memory.get(), framing_bytes};
  auto got = pull(room);
  if (!got) return fail(std::move(got.error()));
  held_ = {std::move(memory), room.first(*got)};
  find_run();
  return {};
}

io::task<result<std::uint64_t>> chunked_body::wait(std::uint64_t want) {
  while (run_.empty() && state_ == http::progress::more) {
    const std::uint64_t left = decoder_.chunk_left_bytes();
    auto there = co_await await_bytes(std::min(want, std::max<std::uint64_t>(left, 1)));
    if (!there) co_return fail(std::move(there.error()));
    if (left > 0) co_return std::min(*there, left);
    // Between chunks what comes may be framing and nothing else; whoever had leased a buffer for it would hold it while
    // the payload is waited for.
    auto read = pull_framing();
    if (!read) co_return fail(std::move(read.error()));
  }
  if (interrupted()) co_return fail(errc::displaced, "A later request took over.");
  if (run_.empty() && state_ == http::progress::refused) co_return refusal();
  co_return std::max<std::uint64_t>(run_.size(), 1);
}

std::size_t chunked_body::decode(std::span<std::byte> received) {
  const auto decoded = decoder_.decode(received);
  state_ = decoded.state;
  if (state_ == http::progress::done) held_ = copy_of(received.subspan(decoded.consumed_bytes));
  return decoded.data_bytes;
}

io::task<result<std::size_t>> chunked_body::receive(std::span<std::byte> into, std::shared_ptr<void>) {
  if (interrupted()) co_return fail(errc::displaced, "A later request took over.");
  if (!run_.empty()) {
    const std::size_t count = std::min(into.size(), run_.size());
    std::ranges::copy(run_.first(count), into.begin());
    consume(count);
    co_return count;
  }
  if (state_ == http::progress::refused) co_return refusal();
  if (state_ == http::progress::done) co_return std::size_t{0};
  auto got = pull(into);
  if (!got) co_return fail(std::move(got.error()));
  co_return decode(into.first(*got));
}

std::optional<std::string> chunked_body::trailer(std::string_view name) const {
  if (!done()) return std::nullopt;
  const auto value = decoder_.trailers().find(name);
  if (!value) return std::nullopt;
  return std::string{*value};
}

bool chunked_body::skip_in_hand() noexcept {
  while (!run_.empty()) find_run();
  return state_ == http::progress::done;
}

}  // namespace wf::net
