#pragma once

#include <algorithm>
#include <cstdint>

#include "waveforge/base/clock.hpp"

namespace wf::session {

/// 9999-12-31T23:59:59.999Z, the last time that has a text (RFC 3339).
inline constexpr std::uint64_t stored_time_max = 253'402'300'799'999;

/// Milliseconds since 1970. Our clocks tell no time outside the bounds; one that did would be stored as the bound.
[[nodiscard]] inline std::uint64_t to_stored(utc_time at) noexcept {
  return static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(at.time_since_epoch().count(), 0, static_cast<std::int64_t>(stored_time_max)));
}
/// `ms` is at most stored_time_max.
[[nodiscard]] inline utc_time from_stored(std::uint64_t ms) noexcept {
  return utc_time{std::chrono::milliseconds{static_cast<std::int64_t>(ms)}};
}

}  // namespace wf::session
