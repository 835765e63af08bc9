#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "waveforge/base/result.hpp"
#include "waveforge/io/descriptor.hpp"
#include "waveforge/io/pipe_pool.hpp"
#include "waveforge/io/task.hpp"

namespace wf::io {

/// A connected stream socket, used by one coroutine at a time, on one ring. Short transfers are visible where they mean
/// something (receive) and continued where they do not (send_all).
class socket {
 public:
  socket() noexcept = default;
  explicit socket(descriptor fd) noexcept : fd_(std::move(fd)) {}

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  [[nodiscard]] int number() const noexcept { return fd_.number(); }
  [[nodiscard]] kernel& world() const noexcept { return fd_.world(); }
  [[nodiscard]] int release() noexcept { return fd_.release(); }

  /// Until at least `low_water` bytes are there, the peer has finished, or `until`: holds no buffer meanwhile.
  /// True: readable (or finished); false: the time passed (what came is still there). cancelled: timed_out.
  [[nodiscard]] task<result<bool>> wait_readable(std::uint32_t low_water, deadline until);
  /// What is there, at least one byte; 0: the peer finished. An empty `into` is answered with 0 at once.
  [[nodiscard]] task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void> owner,
                                                  deadline until);
  /// Without waiting. nullopt: nothing there now.
  [[nodiscard]] result<std::optional<std::size_t>> receive_now(std::span<std::byte> into) noexcept;
  /// From the socket into the pipe without waiting; increments held_bytes. nullopt: nothing there now, or no room in a
  /// pipe that holds something (its slots may be used up before its bytes are: drain it first). 0: finished.
  [[nodiscard]] result<std::optional<std::uint32_t>> splice_now(pipe& into, std::uint32_t size) noexcept;
  /// Until the peer has made room for more. timed_out: it took nothing for as long as `patience`, however slow it is.
  [[nodiscard]] task<result<void>> wait_writable(steady_time::duration patience);
  /// From the pipe into the socket; waits for room, as above. Decrements held_bytes.
  [[nodiscard]] task<result<void>> drain_from(pipe& from, std::uint32_t size, steady_time::duration patience);
  /// All of it; waits for room, as above.
  [[nodiscard]] task<result<void>> send_all(std::span<const std::byte> from, std::shared_ptr<void> owner,
                                            steady_time::duration patience);
  /// No more bytes from us.
  [[nodiscard]] task<void> finish_sending();
  [[nodiscard]] task<void> close();

 private:
  void set_low_water(std::uint32_t bytes) noexcept;
  [[nodiscard]] bool takes_bytes(std::uint32_t& unsent_bytes) const noexcept;

  descriptor fd_;
  std::uint32_t low_water_{1};  ///< as the kernel has it
};

/// A listening socket of one worker.
class acceptor {
 public:
  acceptor() noexcept = default;
  explicit acceptor(descriptor fd) noexcept : fd_(std::move(fd)) {}
  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  [[nodiscard]] int number() const noexcept { return fd_.number(); }
  /// The next connection, non-blocking. timed_out when cancelled. Failures of one connection are passed over; when
  /// descriptors or memory have run out it waits a moment before it tries again.
  [[nodiscard]] task<result<descriptor>> accept();

 private:
  descriptor fd_;
};

}  // namespace wf::io
