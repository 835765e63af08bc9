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

/// A worker's pipes, made at start, sized within the user's pipe allowance. First in, first out. Loop's thread only.
class pipe_pool {
 public:
  pipe_pool(ring_context& context, std::size_t count, std::uint32_t bytes_each);
  ~pipe_pool();
  pipe_pool(const pipe_pool&) = delete;
  pipe_pool& operator=(const pipe_pool&) = delete;

  /// Empty lease: cancelled, `until` passed, or no pipe can be made (EMFILE): then use another way.
  [[nodiscard]] task<pipe_lease> take(deadline until);
  [[nodiscard]] std::uint32_t capacity_bytes() const noexcept;  ///< of the smallest pipe; 0: there are none

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
  std::unique_ptr<pipe> pipe_;
  std::weak_ptr<pipe_pool::state> home_;
};

/// Move exactly `size` bytes (all of them already in the pipe) into `fd` at `offset` through the ring. Returns how many
/// landed before the failure, if any. Decrements held_bytes.
[[nodiscard]] task<result<void>> drain_to_file(pipe& from, int fd, std::uint64_t offset, std::uint32_t size,
                                               std::uint64_t* landed = nullptr);
/// Fill from a file through the ring: up to `size` bytes from `offset`; 0 at its end. Increments held_bytes.
[[nodiscard]] task<result<std::uint32_t>> fill_from_file(pipe& into, int fd, std::uint64_t offset, std::uint32_t size);

}  // namespace wf::io
