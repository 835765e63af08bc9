#pragma once

#include <cstdint>

namespace wf::session {

/// In which file a chunk's bytes lie. The numbers are stored on disk.
enum class home : std::uint8_t {
  none = 0,       ///< nowhere yet: placed with the first body byte
  segment = 1,    ///< chunks/segment, at its final place
  own_file = 2,   ///< chunks/shard_NNNN/NNNNNN.chunk (generation > 0: NNNNNN.chunk.G)
  recording = 3,  ///< completed/recording.*
};

/// Where a chunk's bytes are. Placement hands extents out, assembly reads a list of them, nobody else knows the layout.
struct extent {
  home where{home::none};
  std::uint64_t offset_bytes{0};
  std::uint32_t generation{
      0};  ///< replaced chunks get a new file name, so that the old bytes stay until the fact is synced
  friend bool operator==(const extent&, const extent&) = default;
};

}  // namespace wf::session
