#include "waveforge/store/failed_assemblies.hpp"

#include <algorithm>
#include <utility>

#include "waveforge/base/limits.hpp"

namespace wf::store {

namespace {

/// What passes by itself, a crowd of open files or a disk that stumbled, is mostly gone in a second.
constexpr std::chrono::seconds pause_min{1};
/// What does not pass costs as much as reading the recording each time.
constexpr std::chrono::seconds pause_max{600};

std::chrono::seconds pause_after(std::uint32_t failures) {
  constexpr std::uint32_t doublings_max = 10;  // 1 s doubled so often is over the longest pause
  return std::min(pause_max, pause_min * (1U << std::min(failures - 1, doublings_max)));
}

}  // namespace

bool failed_assemblies::add(const session::session_id& id, std::optional<std::uint64_t> room_bytes, steady_time now) {
  const auto known = all_.find(id);
  if (known == all_.end() && all_.size() >= limits::failed_assemblies_max) {
    leave_out();
    return false;
  }
  one& at = known == all_.end() ? all_[id] : known->second;
  at.room_bytes = room_bytes;
  at.again_at = now + pause_after(++at.failures);
  at.waiting = true;
  return true;
}

void failed_assemblies::forget(const session::session_id& id) {
  all_.erase(id);
}

void failed_assemblies::put_back(const session::session_id& id, steady_time now) {
  const auto at = all_.find(id);
  if (at == all_.end()) return;
  at->second.again_at = now + pause_after(at->second.failures);
  at->second.waiting = true;
}

std::vector<session::session_id> failed_assemblies::take_due(steady_time now,
                                                             const std::function<bool(std::uint64_t)>& has_room) {
  std::vector<session::session_id> due;
  // What is being tried has its room still to take.
  std::uint64_t asked_bytes = 0;
  for (const auto& [id, at] : all_) {
    if (!at.waiting) asked_bytes += at.room_bytes.value_or(0);
  }
  for (auto& [id, at] : all_) {
    if (!at.waiting) continue;
    const std::uint64_t wanted_bytes = at.room_bytes.value_or(0);
    if (at.room_bytes && !has_room(asked_bytes + wanted_bytes)) {
      at.again_at = now;  // what it waits for is known, and it is not a time
      continue;
    }
    if (now < at.again_at) continue;
    asked_bytes += wanted_bytes;
    at.waiting = false;
    due.push_back(id);
  }
  return due;
}

bool failed_assemblies::is_crowded() const noexcept {
  return all_.size() > limits::failed_assemblies_max / 2;
}

bool failed_assemblies::take_left_out() noexcept {
  return !is_crowded() && std::exchange(left_out_, false);
}

bool failed_assemblies::waits(const session::session_id& id) const {
  const auto at = all_.find(id);
  return at != all_.end() && at->second.waiting;
}

}  // namespace wf::store
