#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace wf::load {

/// The bytes of every recording of a run, as a function of (seed, stream, offset): nothing is stored, any range can be
/// made again. A stream is one recording's number.
///
/// A stream is a row of 4 KiB blocks. A block is a 16-byte tag that no other block of the run has, followed by a slice
/// of one random pattern:
///
///     | tag 16 | pattern[start .. start + 4080) |      tag and start come from mix(seed, stream, block)
///
/// so a block in the wrong place, from the wrong stream or shifted by any distance is seen, and sending needs no
/// computation over the bytes: a gathered send takes them from the pattern, which stays in the second-level cache.
/// Immutable after construction; thread-safe.
class payload {
 public:
  static constexpr std::size_t block_bytes = 4096;
  static constexpr std::size_t tag_bytes = 16;
  static constexpr std::size_t pattern_bytes = 256U * 1024U;
  using tag = std::array<std::byte, tag_bytes>;

  explicit payload(std::uint64_t seed);

  /// Writes stream bytes [offset_bytes, offset_bytes + out.size()) to `out`.
  void fill(std::uint64_t stream, std::uint64_t offset_bytes, std::span<std::byte> out) const noexcept;

  struct gathered {
    std::size_t pieces{0};  ///< how many iovecs were set
    std::size_t bytes{0};   ///< how many bytes they cover; less than asked for when `pieces` or `tags` ran out
  };
  /// Points `pieces` at stream bytes from `offset_bytes` on, at most `length_bytes`, in order. Tags are made in `tags`,
  /// which must live as long as the pieces are used; a block takes one tag and up to two pieces.
  [[nodiscard]] gathered gather(std::uint64_t stream, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                std::span<iovec> pieces, std::span<tag> tags) const noexcept;

  /// Position in the stream of the first byte of `bytes` that is not what the stream has from `offset_bytes` on.
  [[nodiscard]] std::optional<std::uint64_t> first_difference(std::uint64_t stream, std::uint64_t offset_bytes,
                                                              std::span<const std::byte> bytes) const noexcept;

 private:
  struct block {
    tag head;
    const std::byte* rest;  ///< block_bytes - tag_bytes of them
  };
  [[nodiscard]] block make(std::uint64_t stream, std::uint64_t number) const noexcept;

  std::uint64_t seed_;
  std::vector<std::byte> pattern_;
};

}  // namespace wf::load
