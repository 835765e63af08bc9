// Sets of chunk indices as runs: the same answers as a plain sorted list gives, in memory that does not grow with them.
#include "waveforge/session/index_ranges.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "support/seeded.hpp"

namespace wf::session {
namespace {

using indices = std::vector<std::uint32_t>;
using runs = std::vector<index_ranges::run>;

TEST(index_ranges, what_follows_is_one_run) {
  index_ranges some;
  some.add(0, 3);
  some.add(3, 5);
  some.add(5, 5);
  some.add(7, 8);
  EXPECT_EQ(some.runs(), (runs{{0, 5}, {7, 8}}));
  EXPECT_EQ(some.size(), 6U);
  EXPECT_EQ(some.first(), (indices{0, 1, 2, 3, 4, 7}));
  EXPECT_EQ(some.first(2), (indices{0, 1}));
}

TEST(index_ranges, a_million_is_one_run) {
  index_ranges all;
  all.add(0, 999'999);
  EXPECT_EQ(all.runs().size(), 1U);
  EXPECT_EQ(all.size(), 999'999U);
}

TEST(index_ranges, cut_keeps_what_is_below) {
  index_ranges some;
  some.add(1, 4);
  some.add(6, 9);
  index_ranges same = some;
  same.cut(100);
  EXPECT_EQ(same, some);
  some.cut(7);
  EXPECT_EQ(some.runs(), (runs{{1, 4}, {6, 7}}));
  some.cut(6);
  EXPECT_EQ(some.runs(), (runs{{1, 4}}));
  some.cut(0);
  EXPECT_TRUE(some.empty());
}

TEST(index_ranges, agrees_with_sets) {
  test::seeded random{"index_ranges.agrees_with_sets"};
  for (int round = 0; round < 300; ++round) {
    std::set<std::uint32_t> in_a;
    std::set<std::uint32_t> in_b;
    index_ranges a;
    index_ranges b;
    for (std::uint32_t index = 0; index < 40; ++index) {
      if (!random.one_in(3)) {
        in_a.insert(index);
        a.add(index, index + 1);
      }
      if (random.one_in(3)) {
        in_b.insert(index);
        b.add(index, index + 1);
      }
    }
    indices left;
    std::ranges::set_difference(in_a, in_b, std::back_inserter(left));
    EXPECT_EQ(a.without(b).first(), left);
    EXPECT_EQ(a.size(), in_a.size());
    EXPECT_EQ(b.first(), indices(in_b.begin(), in_b.end()));
  }
}

}  // namespace
}  // namespace wf::session
