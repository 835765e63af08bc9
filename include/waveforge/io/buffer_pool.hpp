#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "waveforge/io/task.hpp"

namespace wf::io {

/// A leased buffer. Goes back to its pool when the last copy of the lease is gone; operations hold copies as their
/// `owner`.
struct buffer {
  std::span<std::byte> bytes{};
  std::uint16_t index{0};  ///< for write_fixed
  bool registered{false};
};
using buffer_lease = std::shared_ptr<buffer>;

enum class buffer_use : std::uint8_t {
  direct_writes,  ///< registered with the ring as far as RLIMIT_MEMLOCK allows; one pool of a ring can be
  memory_only,    ///< never registered: request heads, answers
};

/// Equal buffers of one worker, 4 KiB-aligned, carved from one mapping at start. Whoever finds it empty waits in order
/// (first in, first out). Loop's thread only; a lease may be dropped there only, too. Making it may throw bad_alloc.
class buffer_pool {
 public:
  /// `buffer_bytes`: a multiple of 4096. `registered_most`: leaves something of RLIMIT_MEMLOCK to the user's other
  /// rings, which need some to exist at all. Call before the ring first runs, or on its thread.
  buffer_pool(ring_context& context, std::size_t count, std::size_t buffer_bytes,
              buffer_use use = buffer_use::direct_writes, std::size_t registered_most = SIZE_MAX);
  ~buffer_pool();  ///< every lease is back
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  /// Null: cancelled, or `until` passed.
  [[nodiscard]] task<buffer_lease> take(deadline until);
  /// Null when none is free now.
  [[nodiscard]] buffer_lease try_take();

  [[nodiscard]] std::size_t buffer_bytes() const noexcept;
  [[nodiscard]] std::size_t registered_count() const noexcept;
  [[nodiscard]] std::size_t in_use() const noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace wf::io
