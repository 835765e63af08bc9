#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "waveforge/base/clock.hpp"
#include "waveforge/session/session_id.hpp"

namespace wf::api {

/// What becomes of one creation.
struct rate_verdict {
  bool refused{false};
  steady_time::duration delay{};         ///< to wait before going on; not refused
  std::uint64_t retry_after_seconds{0};  ///< refused: when it would be taken without delay
};

/// A token bucket per session: `per_second` tokens come in, `burst` fit. An empty bucket first delays, then refuses.
/// Kept as the time at which the bucket would be full again (one number a session); full buckets are forgotten, and of
/// too many sessions any one is forgiven: the work for a stranger's new name must not grow with their number.
/// Thread-safe; no call waits.
class rate_limit {
 public:
  /// `per_second` 0: everything passes.
  rate_limit(double per_second, std::uint32_t burst);

  /// One creation of `id` at `now`. A refused one takes no token.
  [[nodiscard]] rate_verdict take(const session::session_id& id, steady_time now);

  [[nodiscard]] std::size_t sessions_remembered() const;

  /// Longest a creation is held back before it is refused: short of every client's patience.
  static constexpr auto delay_max = std::chrono::seconds{1};
  /// 64 stripes of 1,024: two megabytes or so, however many sessions there are.
  static constexpr std::size_t stripe_count = 64;
  static constexpr std::size_t stripe_sessions_max = 1'024;

 private:
  static constexpr auto sweep_interval = std::chrono::seconds{1};

  struct stripe {
    mutable std::mutex mutex{};
    steady_time swept_at{};
    std::unordered_map<session::session_id, steady_time> full_at{};
  };
  static void make_room(stripe& in, steady_time now);

  steady_time::duration interval_{};  ///< one token
  steady_time::duration allowance_{};
  std::array<stripe, stripe_count> stripes_{};
};

}  // namespace wf::api
