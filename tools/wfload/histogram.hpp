#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace wf::load {

/// Durations counted in log-linear buckets: exact below 128 ns, then 64 buckets for every doubling, so a percentile is
/// at most 1.6 % above the true value. Up to 2^42 ns (73 minutes); longer ones count as that. Not thread-safe: one per
/// thread, merged at the end.
class histogram {
 public:
  void record(std::chrono::nanoseconds value) noexcept;
  void merge(const histogram& other) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::chrono::nanoseconds max() const noexcept { return std::chrono::nanoseconds{max_}; }
  [[nodiscard]] std::chrono::nanoseconds mean() const noexcept;
  /// The upper edge of the bucket that holds the value of this rank (never above max()). `share` is 0 … 1.
  [[nodiscard]] std::chrono::nanoseconds percentile(double share) const noexcept;

 private:
  static constexpr unsigned fine_bits = 6;  // 64 buckets for a doubling
  static constexpr unsigned largest_bit = 42;
  static constexpr std::size_t buckets = ((largest_bit - fine_bits + 1) << fine_bits);

  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value) noexcept;
  [[nodiscard]] static std::uint64_t upper_edge(std::size_t bucket) noexcept;

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_{0};
  std::uint64_t sum_{0};
  std::int64_t max_{0};
};

}  // namespace wf::load
