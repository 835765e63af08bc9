#include "wfload/recording.hpp"

#include <numeric>
#include <utility>

#include "wfload/session_name.hpp"
#include "wfload/splitmix.hpp"

namespace wf::load {

recording::recording(const options& how, std::uint64_t number)
    : number_{number},
      name_{session_name(how.seed, number)},
      key_{mix(how.seed, number)},
      chunk_bytes_{how.chunk_bytes},
      chunks_{how.chunks_per_recording},
      total_{how.total},
      lengths_{how.lengths} {
  if (how.order == chunk_order::random) {
    order_.resize(chunks_);
    std::iota(order_.begin(), order_.end(), 0U);
    for (std::uint32_t left = chunks_; left > 1; --left) {
      std::swap(order_[left - 1], order_[mix(key_, left) % left]);
    }
  }
  if (lengths_ == chunk_lengths::random) {
    offset_bytes_.resize(chunks_);
    for (std::uint32_t at = 1; at < chunks_; ++at) offset_bytes_[at] = offset_bytes_[at - 1] + length(at - 1);
  }
}

std::uint64_t recording::length(std::uint32_t index) const noexcept {
  const std::uint64_t shorter = 1 + mix(key_, ~std::uint64_t{index}) % chunk_bytes_;
  switch (lengths_) {
    case chunk_lengths::equal: return chunk_bytes_;
    case chunk_lengths::last_short: return index + 1 == chunks_ ? shorter : chunk_bytes_;
    case chunk_lengths::random: return shorter;
  }
  return chunk_bytes_;
}

slice recording::chunk(std::uint32_t index) const noexcept {
  const std::uint64_t offset = offset_bytes_.empty() ? index * chunk_bytes_ : offset_bytes_[index];
  return slice{number_, offset, length(index)};
}

std::optional<recording::next_chunk> recording::take() noexcept {
  if (taken_ == chunks_) return std::nullopt;
  const std::uint32_t position = taken_++;
  const bool tells = total_ == total_told::every || (total_ == total_told::first && position == 0) ||
                     (total_ == total_told::last && position + 1 == chunks_);
  return next_chunk{order_.empty() ? position : order_[position], tells};
}

}  // namespace wf::load
