#pragma once

#include "waveforge/net/connection_body.hpp"

namespace wf::net {

/// A body of a known length (Content-Length; 0 for a request without one), its bytes as they stand on the wire
/// (RFC 9112 6.2).
class plain_body final : public connection_body {
 public:
  /// `held`: what was received behind the head, some or all of the body and perhaps more.
  plain_body(const body_channel& channel, std::uint64_t length_bytes, held_bytes held) noexcept;

  std::span<const std::byte> in_hand() const noexcept override { return held_.bytes; }
  std::shared_ptr<void> in_hand_owner() const noexcept override { return held_.owner; }
  void consume(std::size_t count) noexcept override;
  std::optional<std::uint64_t> remaining() const noexcept override { return rest_bytes_; }
  bool done() const noexcept override { return rest_bytes_ == 0; }
  io::socket* raw() noexcept override { return channel_socket(); }
  void took(std::uint64_t count) noexcept override;
  io::task<result<std::uint64_t>> wait(std::uint64_t want) override;
  io::task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void> owner) override;

  bool skip_in_hand() noexcept override;
  held_bytes beyond() noexcept override { return std::move(beyond_); }

 private:
  std::uint64_t rest_bytes_;
  held_bytes held_;
  held_bytes beyond_;
};

}  // namespace wf::net
