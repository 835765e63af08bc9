#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "waveforge/base/result.hpp"
#include "waveforge/io/socket.hpp"
#include "waveforge/io/task.hpp"

namespace wf::net {

/// What a connection talks through: a socket, or TLS over one. Used by one coroutine at a time, on one ring;
/// stop_receiving may be called beside it, on the same ring.
class stream {
 public:
  virtual ~stream() = default;

  /// Make the connection ready for use (TLS handshake).
  [[nodiscard]] virtual io::task<result<void>> open(io::deadline until) = 0;
  /// As io::socket::wait_readable. With TLS, "readable" may turn out to be no byte for us.
  [[nodiscard]] virtual io::task<result<bool>> wait_readable(std::uint32_t low_water, io::deadline until) = 0;
  /// Without waiting. nullopt: nothing there now; 0: the peer finished.
  [[nodiscard]] virtual result<std::optional<std::size_t>> receive_now(std::span<std::byte> into) noexcept = 0;
  /// How many bytes came and were not received; with TLS about.
  [[nodiscard]] virtual std::uint32_t readable_bytes() const noexcept = 0;
  /// Something came that nobody received; with TLS it may turn out to be no byte for us.
  [[nodiscard]] virtual bool has_input() const noexcept = 0;
  /// All of it; `patience` bounds the wait for each piece to be taken.
  [[nodiscard]] virtual io::task<result<void>> send_all(std::span<const std::byte> from, std::shared_ptr<void> owner,
                                                        steady_time::duration patience) = 0;
  /// No more bytes from us; the peer may still send.
  [[nodiscard]] virtual io::task<void> finish_sending() = 0;
  [[nodiscard]] virtual io::task<void> close() = 0;
  /// Waiting ends at once, now and later, as if the peer had finished.
  virtual void stop_receiving() noexcept = 0;

  /// The socket, when its bytes are ours verbatim; null with TLS.
  [[nodiscard]] virtual io::socket* plain() noexcept = 0;
};

/// A socket as it is.
class plain_stream final : public stream {
 public:
  explicit plain_stream(io::socket socket) noexcept : socket_(std::move(socket)) {}

  io::task<result<void>> open(io::deadline until) override;
  io::task<result<bool>> wait_readable(std::uint32_t low_water, io::deadline until) override {
    return socket_.wait_readable(low_water, until);
  }
  result<std::optional<std::size_t>> receive_now(std::span<std::byte> into) noexcept override {
    return socket_.receive_now(into);
  }
  std::uint32_t readable_bytes() const noexcept override { return socket_.world().readable_bytes(socket_.number()); }
  bool has_input() const noexcept override { return readable_bytes() > 0; }
  io::task<result<void>> send_all(std::span<const std::byte> from, std::shared_ptr<void> owner,
                                  steady_time::duration patience) override {
    return socket_.send_all(from, std::move(owner), patience);
  }
  io::task<void> finish_sending() override { return socket_.finish_sending(); }
  io::task<void> close() override { return socket_.close(); }
  void stop_receiving() noexcept override { socket_.world().stop_receiving(socket_.number()); }
  io::socket* plain() noexcept override { return &socket_; }

 private:
  io::socket socket_;
};

}  // namespace wf::net
