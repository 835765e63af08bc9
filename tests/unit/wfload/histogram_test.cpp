// Percentiles of the log-linear histogram are never below the true value and at most 1.6 % above it.
#include "wfload/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace wf::load {
namespace {

using std::chrono::nanoseconds;

TEST(histogram, small_values_are_exact) {
  histogram of;
  for (int value = 0; value < 128; ++value) of.record(nanoseconds{value});
  EXPECT_EQ(of.count(), 128U);
  EXPECT_EQ(of.percentile(0.5).count(), 63);
  EXPECT_EQ(of.percentile(1.0).count(), 127);
  EXPECT_EQ(of.max().count(), 127);
}

TEST(histogram, an_empty_one_says_zero) {
  const histogram of;
  EXPECT_EQ(of.percentile(0.99).count(), 0);
  EXPECT_EQ(of.mean().count(), 0);
}

TEST(histogram, percentiles_are_close_from_above) {
  std::mt19937_64 random{3};
  std::lognormal_distribution<double> shape{13.0, 3.0};
  histogram of;
  std::vector<std::int64_t> values;
  for (int round = 0; round < 20'000; ++round) {
    values.push_back(std::min<std::int64_t>(static_cast<std::int64_t>(shape(random)), (std::int64_t{1} << 42) - 1));
    of.record(nanoseconds{values.back()});
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
    const auto told = of.percentile(share).count();
    EXPECT_GE(told, values[rank]) << share;
    EXPECT_LE(static_cast<double>(told), static_cast<double>(values[rank]) * 1.016 + 1) << share;
  }
}

TEST(histogram, neighbours_at_every_power_of_two_are_in_order) {
  for (int bit = 1; bit < 42; ++bit) {
    for (const std::int64_t value :
         {(std::int64_t{1} << bit) - 1, std::int64_t{1} << bit, (std::int64_t{1} << bit) + 1}) {
      histogram of;
      of.record(nanoseconds{value});
      of.record(nanoseconds{std::int64_t{1} << 41});
      EXPECT_GE(of.percentile(0.5).count(), value) << value;
      EXPECT_LE(static_cast<double>(of.percentile(0.5).count()), static_cast<double>(value) * 1.016 + 1) << value;
    }
  }
}

TEST(histogram, merging_adds_up_and_extremes_are_kept) {
  histogram one;
  histogram two;
  one.record(nanoseconds{5});
  two.record(nanoseconds{-3});
  two.record(std::chrono::hours{100});
  one.merge(two);
  EXPECT_EQ(one.count(), 3U);
  EXPECT_EQ(one.max(), std::chrono::hours{100});
  EXPECT_EQ(one.percentile(0.01).count(), 0) << "a negative duration counts as none";
}

}  // namespace
}  // namespace wf::load
