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

index_ranges chunk_map::missing_below(std::uint32_t total) const {
  index_ranges missing;
  std::uint32_t next = 0;
  for (const auto& [index, one] : chunks_) {
    if (index >= total) break;
    missing.add(next, one.complete() ? index : index + 1);
    next = index + 1;
  }
  missing.add(next, total);
  return missing;
}

namespace {

[[nodiscard]] bool all_below(const chunk_map::container& chunks, std::uint32_t total,
                             bool (*holds)(const chunk&)) noexcept {
  if (chunks.size() < total) return false;
  std::uint32_t next = 0;
  for (const auto& [index, one] : chunks) {
    if (next == total) break;
    if (index != next || !holds(one)) return false;
    ++next;
  }
  return next == total;
}

}  // namespace

bool chunk_map::all_complete(std::uint32_t total) const noexcept {
  return all_below(chunks_, total, [](const chunk& one) { return one.complete(); });
}

bool chunk_map::all_written(std::uint32_t total, const std::set<std::uint32_t>& taken) const noexcept {
  if (chunks_.size() + taken.size() < total) return false;  // asked for every creation, mostly long before the last
  std::uint32_t next = 0;
  for (const auto& [index, one] : chunks_) {
    if (index >= total) break;
    while (next < index && taken.contains(next)) ++next;
    if (index != next) return false;
    if (one.length_bytes != one.written_bytes && !taken.contains(index)) return false;
    ++next;
  }
  while (next < total && taken.contains(next)) ++next;
  return next >= total;
}

}  // namespace wf::session
