#include "waveforge/session/chunk_map.hpp"

namespace wf::session {

chunk* chunk_map::find(std::uint32_t index) noexcept {
  const auto at = chunks_.find(index);
  return at == chunks_.end() ? nullptr : &at->second;
}

const chunk* chunk_map::find(std::uint32_t index) const noexcept {
  const auto at = chunks_.find(index);
  return at == chunks_.end() ? nullptr : &at->second;
}

std::vector<std::uint32_t> chunk_map::erase_from(std::uint32_t first) {
  std::vector<std::uint32_t> gone;
  const auto begin = chunks_.lower_bound(first);
  for (auto at = begin; at != chunks_.end(); ++at) gone.push_back(at->first);
  chunks_.erase(begin, chunks_.end());
  return gone;
}

std::uint32_t chunk_map::complete_count() const noexcept {
  std::uint32_t count = 0;
  for (const auto& [index, one] : chunks_) count += one.complete() ? 1U : 0U;
  return count;
}

std::uint64_t chunk_map::promised_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& [index, one] : chunks_) sum += one.promised_bytes;
  return sum;
}

std::vector<std::uint32_t> chunk_map::missing_below(std::uint32_t total) const {
  std::vector<std::uint32_t> missing;
  std::uint32_t next = 0;
  for (const auto& [index, one] : chunks_) {
    if (index >= total) break;
    for (; next < index; ++next) missing.push_back(next);
    if (!one.complete()) missing.push_back(index);
    next = index + 1;
  }
  for (; next < total; ++next) missing.push_back(next);
  return missing;
}

bool chunk_map::all_complete(std::uint32_t total) const noexcept {
  if (chunks_.size() < total) return false;
  std::uint32_t next = 0;
  for (const auto& [index, one] : chunks_) {
    if (next == total) break;
    if (index != next || !one.complete()) return false;
    ++next;
  }
  return next == total;
}

}  // namespace wf::session
