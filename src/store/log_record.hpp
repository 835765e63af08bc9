#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "waveforge/base/units.hpp"

namespace wf::store {

// The format of RocksDB's logs, MANIFEST included: blocks of 32 KiB, in them records of a checksum (4 bytes, masked), a
// length (2), a type (1) and the bytes; little endian. A record that does not fit is cut into first, middle and last;
// what is left of a block and too short for a header is skipped.

constexpr std::size_t log_block_bytes = 32_KiB;
constexpr std::size_t log_header_bytes = 7;

struct log_record {
  enum class state : std::uint8_t {
    whole,
    nothing,  ///< zeros where a header would be: RocksDB skips the rest of the block
    cut,      ///< reaches behind the end of the bytes
    wrong,    ///< its checksum does not agree, or it would reach behind the end of its block
  };
  state is{state::whole};
  std::size_t begin{0};  ///< behind what was skipped
  std::size_t end{0};    ///< of `wrong` and `cut`: as its length says, within its block
  unsigned type{0};

  /// It is the last or only part of what was written.
  [[nodiscard]] bool completes() const noexcept { return is == state::whole && (type == 1 || type == 4); }
};

/// The record at `at` of `log`, which begins at a block. nullopt: fewer bytes than a header are left of the log.
[[nodiscard]] std::optional<log_record> read_log_record(std::span<const std::byte> log, std::size_t at);

}  // namespace wf::store
