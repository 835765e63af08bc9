// The heap of deadlines agrees with a sorted map through random insertions and removals.
#include "waveforge/io/timer_heap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "support/seeded.hpp"

namespace wf::io {
namespace {

steady_time at(std::uint64_t tick) {
  return steady_time{std::chrono::nanoseconds{tick}};
}

TEST(timer_heap, agrees_with_a_sorted_set) {
  test::seeded random{"timer_heap"};
  constexpr std::uint32_t slots = 200;
  timer_heap heap;
  std::vector<std::optional<std::uint64_t>> set_for(slots);
  std::multiset<std::uint64_t> sorted;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t slot = random.index(0, slots - 1);
    if (set_for[slot]) {
      heap.remove(slot);
      sorted.erase(sorted.find(*set_for[slot]));
      set_for[slot].reset();
    } else {
      set_for[slot] = random.between(0, 300);  // few values, so that equal deadlines are frequent
      heap.set(slot, at(*set_for[slot]));
      sorted.insert(*set_for[slot]);
    }
    ASSERT_EQ(heap.size(), sorted.size());
    ASSERT_EQ(heap.empty(), sorted.empty());
    if (sorted.empty()) continue;
    ASSERT_EQ(heap.earliest(), at(*sorted.begin()));
    ASSERT_EQ(set_for[heap.earliest_slot()], *sorted.begin());
  }
}

TEST(timer_heap, comes_out_in_order) {
  test::seeded random{"timer_heap"};
  timer_heap heap;
  for (std::uint32_t slot = 0; slot < 1'000; ++slot) heap.set(slot, at(random.between(0, 1'000'000)));
  steady_time before = steady_time::min();
  while (!heap.empty()) {
    EXPECT_GE(heap.earliest(), before);
    before = heap.earliest();
    heap.remove(heap.earliest_slot());
  }
}

TEST(timer_heap, a_slot_without_a_deadline_can_be_removed) {
  timer_heap heap;
  heap.remove(7);
  heap.set(3, at(1));
  heap.remove(7);
  heap.remove(2);
  EXPECT_EQ(heap.size(), 1U);
}

// A connection that waits again and again with a deadline must not leave entries behind: they would be as many as its
// requests, for as long as its longest deadline.
TEST(timer_heap, a_removed_deadline_takes_no_room) {
  timer_heap heap;
  for (int round = 0; round < 10'000; ++round) {
    heap.set(5, at(1'000'000));
    heap.remove(5);
  }
  EXPECT_TRUE(heap.empty());
}

}  // namespace
}  // namespace wf::io
