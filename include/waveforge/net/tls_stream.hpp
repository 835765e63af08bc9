#pragma once

#include <memory>
#include <string>

#include "waveforge/net/stream.hpp"
#include "waveforge/net/tls_context.hpp"

using SSL = struct ssl_st;

namespace wf::net {

/// TLS over a socket, the server's side. OpenSSL reads straight from the socket, without waiting, and writes into
/// memory that is then sent through the ring.
class tls_stream final : public stream {
 public:
  tls_stream(io::socket socket, const tls_context& context);
  ~tls_stream() override;
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  io::task<result<void>> open(io::deadline until) override;
  /// Readable means that bytes of the peer are there, decrypted: records that are not whole, or not for us, are taken
  /// in here, where nobody holds a buffer for them.
  io::task<result<bool>> wait_readable(std::uint32_t low_water, io::deadline until) override;
  result<std::optional<std::size_t>> receive_now(std::span<std::byte> into) noexcept override;
  std::uint32_t readable_bytes() const noexcept override;
  bool has_input() const noexcept override;
  io::task<result<void>> send_all(std::span<const std::byte> from, std::shared_ptr<void> owner,
                                  steady_time::duration patience) override;
  io::task<void> finish_sending() override;
  io::task<void> close() override { return socket_.close(); }
  void stop_receiving() noexcept override { socket_.world().stop_receiving(socket_.number()); }
  io::socket* plain() noexcept override { return nullptr; }

 private:
  enum class step : std::uint8_t { done, wants_input, finished, broken };
  struct forget {
    void operator()(SSL* session) const noexcept;
  };

  [[nodiscard]] step judge(int returned) noexcept;
  [[nodiscard]] std::string take_output();
  [[nodiscard]] io::task<result<void>> flush(steady_time::duration patience);

  io::socket socket_;
  std::unique_ptr<SSL, forget> session_;
  bool output_waits_{false};
};

}  // namespace wf::net
