#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "waveforge/base/result.hpp"
#include "wfload/answer_reader.hpp"
#include "wfload/exchange.hpp"
#include "wfload/payload.hpp"
#include "wfload/target.hpp"

namespace wf::load {

using instant = std::chrono::steady_clock::time_point;

/// One non-blocking connection that plays one exchange at a time: head and body out, answer in. Bodies go out of the
/// payload's pattern by gathered sends. Edge-triggered: write() and read() go on until the kernel has no more.
/// Owned by one thread.
class connection {
 public:
  /// Borrows both. `slow_bytes_per_s`: pace of bodies, 0 for none.
  connection(const target& to, const payload& from, std::uint64_t slow_bytes_per_s);
  ~connection() { close(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  connection(connection&& other) noexcept;
  connection& operator=(connection&&) = delete;

  /// Connects (in the background) and registers with `epoll` under `token`. Errors: of the system.
  [[nodiscard]] result<void> open(int epoll, std::uint64_t token);
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return socket_ >= 0; }
  [[nodiscard]] bool busy() const noexcept { return busy_; }

  /// Begins an exchange; is_open() and not busy(). Follow with write().
  void start(exchange what, instant now);

  enum class progress : std::uint8_t {
    waiting,  ///< for the socket, or for resume_at()
    over      ///< last() has the answer, or how the connection broke; a connection that cannot go on is closed
  };
  [[nodiscard]] progress write(instant now);
  /// `scratch` is lent for the call. Bytes while idle close the connection.
  [[nodiscard]] progress read(std::span<std::byte> scratch, bool peer_closed);
  /// Ends a busy exchange from outside, with a sentence (a deadline passed).
  void give_up(const std::string& why);

  [[nodiscard]] const answer& last() const noexcept { return answer_; }
  [[nodiscard]] kind last_kind() const noexcept { return now_.which; }
  /// A slow body may go on at this time; call write() then.
  [[nodiscard]] std::optional<instant> resume_at() const noexcept { return resume_at_; }
  /// When bytes last moved.
  [[nodiscard]] instant moved_at() const noexcept { return moved_at_; }

 private:
  [[nodiscard]] std::uint64_t body_allowance(instant now);
  void take_body(std::span<const std::byte> piece);
  progress settle();
  progress broken(std::string why);

  const target* to_;
  const payload* from_;
  std::uint64_t slow_;
  int socket_{-1};
  bool busy_{false};
  exchange now_{};
  std::size_t head_sent_{0};
  std::uint64_t body_sent_{0};
  instant began_{};
  instant moved_at_{};
  std::optional<instant> resume_at_{};
  answer_reader reader_{};
  answer answer_{};
};

}  // namespace wf::load
