#pragma once

#include <cstdint>

#include "waveforge/base/clock.hpp"

namespace wf::net {

/// Tells a slow peer from a dead or hostile one: in every window of waiting, a minimum of bytes must arrive. Only the
/// time we spend waiting for the peer counts, so a slow disk of ours is not held against it. Pure.
class slow_body_watch {
 public:
  slow_body_watch(std::uint64_t bytes_min, steady_time::duration window) noexcept
      : bytes_min_(bytes_min), window_(window) {}

  /// `waited`: time just spent waiting. `arrived_bytes`: of the whole body so far, bytes that lie unread in the socket
  /// included. False: slower than allowed.
  [[nodiscard]] constexpr bool allows(steady_time::duration waited, std::uint64_t arrived_bytes) noexcept {
    waited_ += waited;
    if (waited_ < window_) return true;
    const bool enough = arrived_bytes - mark_bytes_ >= bytes_min_;
    mark_bytes_ = arrived_bytes;
    waited_ = {};
    return enough;
  }

 private:
  std::uint64_t bytes_min_;
  steady_time::duration window_;
  steady_time::duration waited_{};
  std::uint64_t mark_bytes_{0};
};

}  // namespace wf::net
