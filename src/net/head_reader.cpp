#include "waveforge/net/head_reader.hpp"

#include <algorithm>

namespace wf::net {

namespace {

/// Append what the stream has to `held`, in a fresh buffer. False: the peer has finished or is gone.
bool receive_behind(stream& from, io::buffer_lease lease, held_bytes& held) {
  const std::span<std::byte> room = lease->bytes.subspan(held.bytes.size());
  auto got = from.receive_now(room);
  if (!got) return false;
  if (!got->has_value()) return true;
  if (**got == 0) return false;
  std::ranges::copy(held.bytes, lease->bytes.begin());
  const std::size_t size = held.bytes.size() + **got;
  held = {lease, lease->bytes.first(size)};
  return true;
}

}  // namespace

io::task<head_outcome> read_head(stream& from, io::worker& on, held_bytes& held, http::head_parser& parser,
                                 bool readable, io::deadline until) {
  for (;;) {
    if (!held.empty()) {
      const auto progress = parser.parse(held.text());
      if (progress == http::progress::done) co_return head_outcome::complete;
      if (progress == http::progress::refused) co_return head_outcome::refused;
      held = copy_of(held.bytes);
    }
    if (!std::exchange(readable, false)) {
      auto ready = co_await from.wait_readable(1, until);
      if (!ready) co_return head_outcome::ended;
      if (!*ready) co_return parser.started() ? head_outcome::late : head_outcome::ended;
    }
    io::buffer_lease lease = on.heads.try_take();
    if (!lease) lease = co_await on.heads.take(until);
    if (!lease) co_return head_outcome::ended;
    if (!receive_behind(from, std::move(lease), held)) co_return head_outcome::ended;
  }
}

}  // namespace wf::net
