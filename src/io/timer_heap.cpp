#include "waveforge/io/timer_heap.hpp"

#include "waveforge/base/check.hpp"

namespace wf::io {

void timer_heap::set(std::uint32_t slot, steady_time at) {
  if (slot >= positions_.size()) positions_.resize(std::size_t{slot} + 1, absent);
  WF_CHECK(positions_[slot] == absent);
  const entry value{at, slot};
  entries_.push_back(value);
  sift_up(static_cast<std::uint32_t>(entries_.size() - 1), value);
}

void timer_heap::remove(std::uint32_t slot) noexcept {
  if (slot >= positions_.size() || positions_[slot] == absent) return;
  const std::uint32_t hole = positions_[slot];
  positions_[slot] = absent;
  const entry last = entries_.back();
  entries_.pop_back();
  if (hole == entries_.size()) return;
  // The last entry comes from another branch: it may belong above the hole as well as below it.
  if (hole > 0 && last.at < entries_[(hole - 1) / 2].at) {
    sift_up(hole, last);
  } else {
    sift_down(hole, last);
  }
}

void timer_heap::place(std::uint32_t index, entry value) noexcept {
  entries_[index] = value;
  positions_[value.slot] = index;
}

void timer_heap::sift_up(std::uint32_t index, entry value) noexcept {
  while (index > 0) {
    const std::uint32_t parent = (index - 1) / 2;
    if (!(value.at < entries_[parent].at)) break;
    place(index, entries_[parent]);
    index = parent;
  }
  place(index, value);
}

void timer_heap::sift_down(std::uint32_t index, entry value) noexcept {
  const auto count = static_cast<std::uint32_t>(entries_.size());
  for (;;) {
    std::uint32_t child = 2 * index + 1;
    if (child >= count) break;
    if (child + 1 < count && entries_[child + 1].at < entries_[child].at) ++child;
    if (!(entries_[child].at < value.at)) break;
    place(index, entries_[child]);
    index = child;
  }
  place(index, value);
}

}  // namespace wf::io
