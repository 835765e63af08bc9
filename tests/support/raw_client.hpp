#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "support/answer.hpp"

namespace wf::test {

/// A blocking connection that sends exactly the bytes it is given. Every wait has a deadline; a passed one, a reset or
/// a malformed answer throws std::runtime_error with what was being done.
class raw_client {
 public:
  using milliseconds = std::chrono::milliseconds;
  static constexpr milliseconds patience{20'000};

  /// `receive_buffer_bytes` other than 0 makes the socket's receive buffer small (for a peer that does not read).
  explicit raw_client(std::uint16_t port, int receive_buffer_bytes = 0);
  ~raw_client();
  raw_client(raw_client&& other) noexcept;
  raw_client& operator=(raw_client&&) = delete;

  void send(std::string_view text, milliseconds within = patience);
  void send(std::span<const std::byte> bytes, milliseconds within = patience);
  /// Sends what the peer takes until it resets or closes; false when it did so before the end.
  [[nodiscard]] bool try_send(std::span<const std::byte> bytes, milliseconds within = patience);
  /// No more bytes from us.
  void shut_down_sending();
  /// Closes with a reset instead of a normal end.
  void abort();

  using sink = std::function<void(std::span<const std::byte>)>;
  /// Reads one answer; `to_head`: the request was HEAD. Bytes after it stay for the next call. With a sink the body
  /// goes there instead of into the answer.
  [[nodiscard]] answer receive(bool to_head = false, milliseconds within = patience, const sink& body = {});
  /// Reads one interim answer (1xx); throws when another comes.
  [[nodiscard]] answer receive_interim(milliseconds within = patience);
  /// Waits until the peer has closed (an end or a reset); what it sent before is thrown away. False when it has not.
  [[nodiscard]] bool closed_within(milliseconds within);
  /// Something can be read, or the peer closed, within this time.
  [[nodiscard]] bool readable_within(milliseconds within);
  /// Bytes of ours that the peer's kernel has not acknowledged (SIOCOUTQ).
  [[nodiscard]] int unacknowledged_bytes() const;
  /// Our port; the peer's log knows us by it.
  [[nodiscard]] std::uint16_t local_port() const;

 private:
  [[nodiscard]] bool wait_for(short events, std::chrono::steady_clock::time_point until) const;

  int socket_{-1};
  std::string unread_{};
};

}  // namespace wf::test
