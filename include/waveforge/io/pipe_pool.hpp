#pragma once

#include <cstdint>
#include <memory>

#include "waveforge/io/descriptor.hpp"
#include "waveforge/io/task.hpp"

namespace wf::io {

/// A pipe between a socket and a file, with what is inside it right now.
struct pipe {
  descriptor read_end{};
  descriptor write_end{};
  std::uint32_t capacity_bytes{0};
  std::uint32_t held_bytes{0};  ///< put in and not yet taken out; kept right by whoever splices
};

/// Given back when dropped: an empty pipe returns to the pool, one with leftovers is closed, since they would reach the
/// next session. Not shared with operations: splice operations name descriptors, and their coroutine holds the lease.
class pipe_lease;

/// A worker's pipes, made at start, sized within the user's pipe allowance: when that is spent the pool stays smaller.
/// A pipe that had to be closed is replaced by the next take. Waiters are served first in, first out. Loop's thread
/// only.
class pipe_pool {
 public:
  pipe_pool(ring_context& context, std::size_t count, std::uint32_t bytes_each);
  ~pipe_pool();
  pipe_pool(const pipe_pool&) = delete;
  pipe_pool& operator=(const pipe_pool&) = delete;

  /// Empty lease: cancelled, `until` passed, or no pipe can be made (EMFILE): then use another way.
  [[nodiscard]] task<pipe_lease> take(deadline until);
  [[nodiscard]] std::uint32_t capacity_bytes() const noexcept;  ///< of the smallest pipe; 0: there are none
  [[nodiscard]] std::size_t count() const noexcept;             ///< pipes there are, leased ones included

 private:
  friend class pipe_lease;
  struct state;
  std::shared_ptr<state> state_;
};

class pipe_lease {
 public:
  pipe_lease() noexcept = default;
  pipe_lease(pipe_lease&&) noexcept = default;
  pipe_lease& operator=(pipe_lease&& other) noexcept;
  ~pipe_lease();
  explicit operator bool() const noexcept { return static_cast<bool>(pipe_); }
  [[nodiscard]] pipe& operator*() const noexcept { return *pipe_; }
  [[nodiscard]] pipe* operator->() const noexcept { return pipe_.get(); }

 private:
  friend class pipe_pool;
  void give_back() noexcept;

  std::unique_ptr<pipe> pipe_;
  std::weak_ptr<pipe_pool::state> home_;
};

/// Move exactly `size` bytes (all of them already in the pipe) into `fd` at `offset` through the ring. `landed` (if
/// given) says how many did, failure or not. Decrements held_bytes. Not cancelled, as no file operation is.
[[nodiscard]] task<result<void>> drain_to_file(pipe& from, int fd, std::uint64_t offset, std::uint32_t size,
                                               std::uint64_t* landed = nullptr);
/// Fill from a file through the ring: up to `size` bytes from `offset`, fewer when the pipe is full first; 0 at the end
/// of the file. Increments held_bytes. Not cancelled. The pipe must not be full.
[[nodiscard]] task<result<std::uint32_t>> fill_from_file(pipe& into, int fd, std::uint64_t offset, std::uint32_t size);

}  // namespace wf::io
