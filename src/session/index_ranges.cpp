#include "waveforge/session/index_ranges.hpp"

#include <algorithm>

namespace wf::session {

void index_ranges::add(std::uint32_t first, std::uint32_t end) {
  if (first >= end) return;
  if (!runs_.empty() && runs_.back().end == first) {
    runs_.back().end = end;
  } else {
    runs_.push_back({first, end});
  }
}

void index_ranges::cut(std::uint32_t end) {
  while (!runs_.empty() && runs_.back().first >= end) runs_.pop_back();
  if (!runs_.empty()) runs_.back().end = std::min(runs_.back().end, end);
}

std::size_t index_ranges::size() const noexcept {
  std::size_t count = 0;
  for (const run& one : runs_) count += one.end - one.first;
  return count;
}

index_ranges index_ranges::without(const index_ranges& others) const {
  index_ranges left;
  auto other = others.runs_.begin();
  for (const run& one : runs_) {
    std::uint32_t next = one.first;
    while (other != others.runs_.end() && other->end <= next) ++other;
    for (auto in_the_way = other; in_the_way != others.runs_.end() && in_the_way->first < one.end; ++in_the_way) {
      left.add(next, in_the_way->first);
      next = std::max(next, in_the_way->end);
    }
    left.add(next, one.end);
  }
  return left;
}

std::vector<std::uint32_t> index_ranges::first(std::size_t most) const {
  std::vector<std::uint32_t> all;
  for (const run& one : runs_) {
    for (std::uint32_t index = one.first; index < one.end; ++index) {
      if (all.size() == most) return all;
      all.push_back(index);
    }
  }
  return all;
}

}  // namespace wf::session
