#pragma once

#include <cstdint>
#include <optional>

#include "waveforge/store/options.hpp"

namespace wf::store {

/// The three ways for a body into its file (docs/adr/0002).
enum class way : std::uint8_t { direct, splice, buffered };

/// What is known when a body is about to be read.
struct write_situation {
  write_mode mode{write_mode::automatic};
  durability level{durability::chunk};
  bool verbatim_socket{false};  ///< the body comes from a plain socket as it is
  bool must_see_bytes{false};   ///< a digest is wanted
  bool in_segment{false};       ///< preallocated, at its final place
  std::uint64_t offset_bytes{0};
  std::optional<std::uint64_t> length_bytes{};  ///< of the body; nullopt: chunked
  std::uint64_t in_hand_bytes{0};
  std::uint32_t direct_alignment_bytes{0};  ///< 0: the file system has no direct I/O
};

/// Pure. A way that was asked for but is not possible here becomes `buffered`, which always is.
[[nodiscard]] way choose_way(const write_situation& now) noexcept;

/// Direct pieces end on this: the largest block size of the file systems we run on, and a multiple of every alignment
/// the kernel reports for them.
inline constexpr std::uint64_t direct_block_bytes = 4096;
/// A body shorter than this is written from where it lies: one block or two are not worth a second descriptor.
inline constexpr std::uint64_t direct_body_bytes_min = 64 * 1024;

}  // namespace wf::store
