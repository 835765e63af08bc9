#include "wfload/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace wf::load {

// Values below 2^(fine_bits + 1) are their own bucket. A larger value with its highest bit at position p belongs to
// row p - fine_bits, and the fine_bits bits below the highest one choose the bucket in the row.
std::size_t histogram::bucket_of(std::uint64_t value) noexcept {
  value = std::min(value, (std::uint64_t{1} << largest_bit) - 1);
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= fine_bits + 1) return static_cast<std::size_t>(value);
  const unsigned shift = width - (fine_bits + 1);
  return (std::size_t{shift} << fine_bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t histogram::upper_edge(std::size_t bucket) noexcept {
  if (bucket < (std::size_t{2} << fine_bits)) return bucket;
  const std::size_t shift = (bucket >> fine_bits) - 1;
  const std::uint64_t leading = bucket - (shift << fine_bits);
  return ((leading + 1) << shift) - 1;
}

void histogram::record(std::chrono::nanoseconds value) noexcept {
  const std::int64_t nanoseconds = std::max<std::int64_t>(value.count(), 0);
  ++counts_[bucket_of(static_cast<std::uint64_t>(nanoseconds))];
  ++count_;
  sum_ += static_cast<std::uint64_t>(nanoseconds);
  max_ = std::max(max_, nanoseconds);
}

void histogram::merge(const histogram& other) noexcept {
  for (std::size_t at = 0; at < buckets; ++at) counts_[at] += other.counts_[at];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds histogram::mean() const noexcept {
  return std::chrono::nanoseconds{count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_)};
}

std::chrono::nanoseconds histogram::percentile(double share) const noexcept {
  if (count_ == 0) return {};
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  std::uint64_t seen = 0;
  for (std::size_t at = 0; at < buckets; ++at) {
    seen += counts_[at];
    if (seen >= rank) return std::min(std::chrono::nanoseconds{static_cast<std::int64_t>(upper_edge(at))}, max());
  }
  return max();
}

}  // namespace wf::load
