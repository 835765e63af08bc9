#include "waveforge/net/plain_body.hpp"

#include <algorithm>

#include "waveforge/base/check.hpp"

namespace wf::net {

namespace {

/// RFC 9110 10.1.1: no 100 when there is nothing to send, or when the client did not wait for it.
body_channel without_needless_invitation(body_channel channel, std::uint64_t length_bytes, const held_bytes& held) {
  if (length_bytes == 0 || !held.empty()) channel.send_continue = false;
  return channel;
}

}  // namespace

plain_body::plain_body(const body_channel& channel, std::uint64_t length_bytes, held_bytes held) noexcept
    : connection_body(without_needless_invitation(channel, length_bytes, held)), rest_bytes_(length_bytes) {
  const auto ours = static_cast<std::size_t>(std::min<std::uint64_t>(length_bytes, held.bytes.size()));
  held_ = held.split(ours);
  beyond_ = std::move(held);
}

void plain_body::consume(std::size_t count) noexcept {
  WF_CHECK(count <= held_.bytes.size());
  held_.drop(count);
  rest_bytes_ -= count;
}

void plain_body::took(std::uint64_t count) noexcept {
  WF_CHECK(held_.empty() && count <= rest_bytes_);
  rest_bytes_ -= count;
  count_received(count);
}

io::task<result<std::uint64_t>> plain_body::wait(std::uint64_t want) {
  const std::uint64_t held = held_.bytes.size();
  if (held > 0 && held >= std::min(want, rest_bytes_) && !interrupted()) co_return held;
  auto there = co_await await_bytes(std::min(want, rest_bytes_) - held, held);
  if (!there) co_return fail(std::move(there.error()));
  co_return std::min(held + *there, rest_bytes_);
}

io::task<result<std::size_t>> plain_body::receive(std::span<std::byte> into, std::shared_ptr<void>) {
  if (!held_.empty() && !interrupted()) {
    const std::size_t count = std::min(into.size(), held_.bytes.size());
    std::ranges::copy(held_.bytes.first(count), into.begin());
    consume(count);
    co_return count;
  }
  if (done()) co_return std::size_t{0};
  auto got = pull(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), rest_bytes_))));
  if (!got) co_return fail(std::move(got.error()));
  rest_bytes_ -= *got;
  co_return *got;
}

bool plain_body::skip_in_hand() noexcept {
  rest_bytes_ -= held_.bytes.size();
  held_ = {};
  return rest_bytes_ == 0;
}

}  // namespace wf::net
