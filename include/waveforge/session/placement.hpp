#pragma once

#include <cstdint>
#include <optional>

#include "waveforge/session/chunk_map.hpp"

namespace wf::session {

/// How a session lays its chunks out. Part of the session's fact.
///
/// A regular session has one segment: chunk i at i × stride, which is where the finished recording needs it. The first
/// chunk that fits nowhere makes the session irregular: chunks created from then on get files of their own, and the
/// recording is put together by reflink or splice.
struct placement {
  bool irregular{false};  ///< later chunks get files (also: --layout files)
  std::optional<std::uint64_t>
      stride_bytes{};  ///< known from chunkSize, else from the first chunk that is not the last
  std::optional<std::uint32_t>
      short_index{};  ///< a chunk shorter than the stride: nothing may follow it in the segment
  friend bool operator==(const placement&, const placement&) = default;
};

struct placed {
  extent where{};
  placement after{};
};

/// Where the new chunk `index` of `length_bytes` (nullopt: deferred) goes. Pure.
/// `chunk_size_bytes`: the chunkSize key of this creation; `total`: chunks of the recording, if known. `index` is below
/// it. A chunk that is replaced whole is placed by its new length, with the old one still among `chunks`.
[[nodiscard]] placed place_chunk(const placement& before, const chunk_map& chunks, std::uint32_t index,
                                 std::optional<std::uint64_t> length_bytes,
                                 std::optional<std::uint64_t> chunk_size_bytes,
                                 std::optional<std::uint32_t> total) noexcept;

/// "chunks/shard_0000/000042.chunk": file of a chunk that could not be placed, below the session's directory.
[[nodiscard]] std::string chunk_file_path(std::uint32_t index, std::uint32_t generation);
/// "chunks/shard_0000"
[[nodiscard]] std::string shard_directory_path(std::uint32_t index);

}  // namespace wf::session
