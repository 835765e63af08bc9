#include "waveforge/session/placement.hpp"

#include <fmt/format.h>

#include "waveforge/base/limits.hpp"

namespace wf::session {

namespace {

placed in_own_file(placement after) noexcept {
  return {{home::own_file, 0, 0}, after};
}

placed in_own_file_from_now_on(placement after) noexcept {
  after.irregular = true;
  return in_own_file(after);
}

placed in_segment(placement after, std::uint64_t offset_bytes) noexcept {
  return {{home::segment, offset_bytes, 0}, after};
}

/// A short chunk that was deleted, that was replaced by a full one, or that is being placed anew stands in nobody's
/// way.
void forget_gone_short_chunk(placement& layout, const chunk_map& chunks, std::uint32_t index) noexcept {
  if (!layout.short_index) return;
  const chunk* one = chunks.find(*layout.short_index);
  const bool gone = one == nullptr || one->capacity_bytes() >= *layout.stride_bytes;
  if (gone || *layout.short_index == index) layout.short_index.reset();
}

/// The stride is whatever number the client said: the product may be more than a file, or than 64 bits, can hold.
bool ends_too_far(std::uint32_t index, std::uint64_t stride_bytes, std::uint64_t length_bytes) noexcept {
  if (index == 0) return false;
  return length_bytes > limits::segment_bytes_max || stride_bytes > (limits::segment_bytes_max - length_bytes) / index;
}

}  // namespace

placed place_chunk(const placement& before, const chunk_map& chunks, std::uint32_t index,
                   std::optional<std::uint64_t> length_bytes, std::optional<std::uint64_t> chunk_size_bytes,
                   std::optional<std::uint32_t> total) noexcept {
  placement after = before;
  if (after.irregular) return in_own_file(after);
  const bool last = total.has_value() && index + 1 == *total;
  // The only chunk of its recording is at 0 whatever its length turns out to be.
  if (last && index == 0) return in_segment(after, 0);
  if (!length_bytes) return in_own_file_from_now_on(after);

  if (!after.stride_bytes && chunk_size_bytes && *chunk_size_bytes > 0) after.stride_bytes = chunk_size_bytes;
  if (!after.stride_bytes) {
    // The length of a last chunk says nothing about the others: it waits in a file and is copied behind them.
    if (last) return in_own_file(after);
    if (*length_bytes == 0) return in_own_file_from_now_on(after);
    after.stride_bytes = length_bytes;
  }

  const std::uint64_t stride = *after.stride_bytes;
  forget_gone_short_chunk(after, chunks, index);
  const bool follows_a_short_one = after.short_index && index > *after.short_index;
  if (*length_bytes > stride || follows_a_short_one || ends_too_far(index, stride, *length_bytes)) {
    return in_own_file_from_now_on(after);
  }
  if (*length_bytes < stride) {
    // Shorter than the others is fine for the last chunk, and this one may be it: as long as nothing lies behind.
    if (chunks.end_index() > index + 1) return in_own_file_from_now_on(after);
    after.short_index = index;
  }
  return in_segment(after, index * stride);
}

std::string shard_directory_path(std::uint32_t index) {
  return fmt::format("chunks/shard_{:04}", index / limits::chunks_per_shard);
}

std::string chunk_file_path(std::uint32_t index, std::uint32_t generation) {
  std::string path = fmt::format("{}/{:06}.chunk", shard_directory_path(index), index);
  if (generation > 0) path += fmt::format(".{}", generation);
  return path;
}

}  // namespace wf::session
