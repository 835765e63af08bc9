#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "waveforge/http/chunked_decoder.hpp"
#include "waveforge/net/connection_body.hpp"

namespace wf::net {

/// A body in chunked coding, decoded as it is read (RFC 9112 7.1). Broken coding is bad_request (trailers over their
/// bounds: metadata_too_large), and the connection is of no use afterwards.
class chunked_body final : public connection_body {
 public:
  /// `held`: what was received behind the head.
  chunked_body(const body_channel& channel, held_bytes held) noexcept;

  std::span<const std::byte> in_hand() const noexcept override { return run_; }
  std::shared_ptr<void> in_hand_owner() const noexcept override { return run_owner_; }
  void consume(std::size_t count) noexcept override;
  std::optional<std::uint64_t> remaining() const noexcept override;
  bool done() const noexcept override { return run_.empty() && state_ == http::progress::done; }
  io::socket* raw() noexcept override { return nullptr; }
  void took(std::uint64_t) noexcept override {}
  io::task<result<std::uint64_t>> wait(std::uint64_t want) override;
  io::task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void> owner) override;
  std::optional<std::string> trailer(std::string_view name) const override;

  bool skip_in_hand() noexcept override;
  held_bytes beyond() noexcept override { return std::move(held_); }

 private:
  void find_run() noexcept;
  [[nodiscard]] result<void> pull_framing();
  [[nodiscard]] std::size_t decode(std::span<std::byte> received);
  [[nodiscard]] tl::unexpected<error> refusal() const;

  http::chunked_decoder decoder_{};
  held_bytes held_;                   ///< received and not yet decoded; after the end: the next request
  std::span<const std::byte> run_{};  ///< decoded bytes in hand
  std::shared_ptr<void> run_owner_{};
  http::progress state_{http::progress::more};
};

}  // namespace wf::net
