#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "waveforge/io/body_source.hpp"
#include "waveforge/net/held_bytes.hpp"
#include "waveforge/net/slow_body_watch.hpp"
#include "waveforge/net/stream.hpp"
#include "waveforge/net/timeouts.hpp"

namespace wf::net {

/// What a body is read from. Both outlive it.
struct body_channel {
  stream& from;
  io::ring_context& ring;
  const timeouts& times;
  bool send_continue{false};  ///< the client waits for 100 before it sends
};

/// What the bodies of a connection have in common: 100 Continue at the first wait, the minimum rate, interruption.
class connection_body : public io::body_source {
 public:
  explicit connection_body(const body_channel& channel) noexcept;

  void interrupt() noexcept override;
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

  /// Drop what is in hand. True: that was the rest of the body, and the connection may go on.
  [[nodiscard]] virtual bool skip_in_hand() noexcept = 0;
  /// Bytes received past the end of the body: the next request. Only once the body is done.
  [[nodiscard]] virtual held_bytes beyond() noexcept = 0;

 protected:
  /// Until `low_water` bytes, or fewer after limits::poll_interval_max, are there to be received; how many. At least 1,
  /// unless the caller has bytes in hand that he can go on with after that time.
  [[nodiscard]] io::task<result<std::uint64_t>> await_bytes(std::uint64_t low_water, std::uint64_t in_hand = 0);
  /// What is there of the connection; 0: nothing is.
  [[nodiscard]] result<std::size_t> pull(std::span<std::byte> into);
  /// `count` bytes were received by somebody else, straight from the socket.
  void count_received(std::uint64_t count) noexcept { received_bytes_ += count; }
  [[nodiscard]] io::socket* channel_socket() noexcept { return channel_.from.plain(); }

 private:
  [[nodiscard]] io::task<result<void>> invite();

  body_channel channel_;
  slow_body_watch watch_;
  std::uint64_t received_bytes_{0};
  bool interrupted_{false};
  bool too_slow_{false};  ///< a window ended with too few bytes: nothing more is waited for
};

}  // namespace wf::net
