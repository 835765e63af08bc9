#pragma once

#include <cstdint>
#include <vector>

#include "waveforge/base/result.hpp"
#include "waveforge/session/chunk_map.hpp"

namespace wf::session {

/// One run of bytes to bring into the recording.
struct plan_step {
  std::uint32_t index{0};  ///< chunk whose file is read (own_file)
  extent from{};
  std::uint64_t length_bytes{0};
  std::uint64_t offset_bytes{0};  ///< in the recording
  friend bool operator==(const plan_step&, const plan_step&) = default;
};

enum class plan_kind : std::uint8_t {
  adopt = 1,  ///< the segment is the recording: copy `steps` (at most a tail) into it, truncate, rename
  build = 2,  ///< a new file, filled by `steps` in order: reflink where the file system can, splice else
};

struct assembly_plan {
  plan_kind kind{plan_kind::build};
  std::uint64_t size_bytes{0};
  std::vector<plan_step> steps{};
};

/// The cheapest safe way to make one file of chunks 0 … total-1, all of them complete. Pure; the same chunks give the
/// same plan again after a restart. Neighbouring extents of the segment become one step.
[[nodiscard]] assembly_plan plan_assembly(const chunk_map& chunks, std::uint32_t total);

}  // namespace wf::session
