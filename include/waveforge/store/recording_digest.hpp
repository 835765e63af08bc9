#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "waveforge/io/file.hpp"
#include "waveforge/store/options.hpp"

namespace wf::store {

/// What --digest asks for about a recording: one sha256 of the whole, or a crc32c of each chunk, in order.
struct recording_digest {
  std::optional<std::array<std::uint8_t, 32>> sha256{};
  std::vector<std::uint32_t> crc32c{};
};

/// Reads the recording once, `lengths` being those of its chunks. io_failed, or damaged when the file is shorter.
/// Runs on the ring of the caller and computes there, a piece at a time.
[[nodiscard]] io::task<result<recording_digest>> digest_recording(io::file& from, std::vector<std::uint64_t> lengths,
                                                                  digest_kind kind);

}  // namespace wf::store
