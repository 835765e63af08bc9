#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/io/socket.hpp"
#include "waveforge/io/task.hpp"

namespace wf::io {

/// A request body as its reader sees it: bytes in hand, bytes to come, the socket or none. `net` supplies the plain
/// one, `api` wraps it with decoders (chunked, multipart), `store` takes it. Used by one coroutine at a time.
///
/// A reader loops:  while (!done())  take what is in_hand(), else wait() and then either receive() into a leased buffer
/// or splice from raw() and tell took(). No buffer and no pipe is held across wait(), and only wait() waits for the
/// peer: or a few slow peers would hold what all others need.
class body_source {
 public:
  virtual ~body_source() = default;

  /// Bytes of the body that are already in memory (they came with the head), borrowed until the next call here;
  /// in_hand_owner keeps them for an operation.
  [[nodiscard]] virtual std::span<const std::byte> in_hand() const noexcept = 0;
  [[nodiscard]] virtual std::shared_ptr<void> in_hand_owner() const noexcept = 0;
  /// Drop the first `count` bytes in hand.
  virtual void consume(std::size_t count) noexcept = 0;

  /// Bytes of the body not yet taken, those in hand included; nullopt while unknown (chunked).
  [[nodiscard]] virtual std::optional<std::uint64_t> remaining() const noexcept = 0;
  /// The whole body was taken.
  [[nodiscard]] virtual bool done() const noexcept = 0;

  /// The socket, when what it delivers is the body verbatim; null when the bytes must pass through memory.
  [[nodiscard]] virtual socket* raw() noexcept = 0;
  /// `count` bytes were taken straight from raw().
  virtual void took(std::uint64_t count) noexcept = 0;

  /// Until about `want` bytes (or the rest of the body) can be had without waiting, at most limits::poll_interval_max;
  /// then what is there is offered. Both numbers count the bytes in hand. Sends 100 Continue first where it was asked
  /// for. Returns how many bytes to expect at once, at least 1. peer_gone: the connection ended early; timed_out:
  /// slower than the minimum rate; displaced: cancelled.
  [[nodiscard]] virtual task<result<std::uint64_t>> wait(std::uint64_t want) = 0;
  /// Next bytes of the body, at most into.size(). 0: done(), or what was there was not of the body itself (framing,
  /// half a record) and there is more to wait() for. Fails as wait() does.
  [[nodiscard]] virtual task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void> owner) = 0;

  /// Value of a trailer field that came after the body (names in any case), once done(); nullopt when it did not come,
  /// or when this body cannot have trailers.
  [[nodiscard]] virtual std::optional<std::string> trailer(std::string_view) const { return std::nullopt; }

  /// End the present and every later wait() and receive() with `displaced`: a later request took the chunk over. Called
  /// on the source's own ring, at any time during its life; the connection is of no use afterwards.
  virtual void interrupt() noexcept = 0;
};

}  // namespace wf::io
