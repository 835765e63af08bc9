#include "waveforge/api/rate_limit.hpp"

#include <algorithm>

namespace wf::api {

rate_limit::rate_limit(double per_second, std::uint32_t burst) {
  if (per_second <= 0) return;
  const std::chrono::duration<double> interval{1.0 / per_second};
  interval_ = std::chrono::duration_cast<steady_time::duration>(interval);
  allowance_ = interval_ * std::max<std::uint32_t>(burst, 1);
}

rate_verdict rate_limit::take(const session::session_id& id, steady_time now) {
  if (interval_ == steady_time::duration::zero()) return {};
  stripe& in = stripes_[std::hash<session::session_id>{}(id) % stripe_count];
  const std::lock_guard hold{in.mutex};
  auto found = in.full_at.find(id);
  if (found == in.full_at.end()) {
    if (in.full_at.size() >= stripe_sessions_max) make_room(in, now);
    found = in.full_at.emplace(id, now).first;
  }
  const steady_time full_after = std::max(found->second, now) + interval_;
  const steady_time::duration delay = full_after - now - allowance_;
  if (delay > delay_max) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(delay).count();
    return {true, {}, static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 1))};
  }
  found->second = full_after;
  return {false, std::max(delay, steady_time::duration::zero()), 0};
}

void rate_limit::make_room(stripe& in, steady_time now) {
  if (now - in.swept_at >= sweep_interval) {
    in.swept_at = now;
    std::erase_if(in.full_at, [now](const auto& entry) { return entry.second <= now; });
  }
  if (in.full_at.size() >= stripe_sessions_max) in.full_at.erase(in.full_at.begin());
}

std::size_t rate_limit::sessions_remembered() const {
  std::size_t count = 0;
  for (const stripe& each : stripes_) {
    const std::lock_guard hold{each.mutex};
    count += each.full_at.size();
  }
  return count;
}

}  // namespace wf::api
