#include "waveforge/net/connection_body.hpp"

#include <algorithm>
#include <limits>

#include "waveforge/http/head_writer.hpp"

namespace wf::net {

namespace {

/// A wait of a socket ends with an error only when the connection broke or the wait was cancelled; the latter is the
/// server taking the body's time away, as an interruption does.
error wait_failure(error failure) {
  if (failure.code == errc::timed_out) return {errc::displaced, "The server is stopping.", 0};
  return {errc::peer_gone, std::move(failure.detail), failure.os_errno};
}

constexpr std::string_view slower_than_allowed = "The body came slower than the minimum rate.";

const error interruption{errc::displaced, "A later request took over.", 0};

}  // namespace

connection_body::connection_body(const body_channel& channel) noexcept
    : channel_(channel), watch_(channel.times.slow_body_bytes, channel.times.slow_body) {}

void connection_body::interrupt() noexcept {
  if (interrupted_) return;
  interrupted_ = true;
  channel_.from.stop_receiving();
}

io::task<result<void>> connection_body::invite() {
  if (!std::exchange(channel_.send_continue, false)) co_return result<void>{};
  const auto text = std::as_bytes(std::span{http::continue_head});
  auto sent = co_await channel_.from.send_all(text, nullptr, channel_.times.send);
  if (!sent) co_return fail(wait_failure(std::move(sent.error())));
  co_return result<void>{};
}

io::task<result<std::uint64_t>> connection_body::await_bytes(std::uint64_t low_water, std::uint64_t in_hand) {
  if (interrupted_) co_return fail(interruption);
  if (too_slow_) co_return fail(errc::timed_out, std::string{slower_than_allowed});
  auto invited = co_await invite();
  if (!invited) co_return fail(std::move(invited.error()));
  const auto mark =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(low_water, 1, std::numeric_limits<std::int32_t>::max()));
  const clock& time = channel_.ring.time();
  for (;;) {
    const steady_time from = time.now();
    auto ready = co_await channel_.from.wait_readable(mark, {from + channel_.times.body_poll});
    if (interrupted_) co_return fail(interruption);
    if (!ready) co_return fail(wait_failure(std::move(ready.error())));
    const std::uint64_t readable = channel_.from.readable_bytes();
    // What is there is offered even when it came too slowly; the next wait ends at once, or a byte now and then would
    // keep the connection for ever.
    too_slow_ = !watch_.allows(time.now() - from, received_bytes_ + readable);
    if (readable > 0) co_return readable;
    if (*ready) co_return fail(errc::peer_gone, "The connection ended before the body did.");
    if (too_slow_) co_return fail(errc::timed_out, std::string{slower_than_allowed});
    if (in_hand > 0) co_return std::uint64_t{0};
  }
}

result<std::size_t> connection_body::pull(std::span<std::byte> into) {
  if (interrupted_) return fail(interruption);
  auto got = channel_.from.receive_now(into);
  if (!got) return fail(errc::peer_gone, std::move(got.error().detail));
  if (!got->has_value()) return std::size_t{0};
  if (**got == 0) return fail(errc::peer_gone, "The connection ended before the body did.");
  received_bytes_ += **got;
  return **got;
}

}  // namespace wf::net
