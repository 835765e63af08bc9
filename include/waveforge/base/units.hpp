#pragma once

#include <cstdint>

namespace wf {

inline constexpr std::uint64_t operator""_KiB(unsigned long long count) {
  return count << 10U;
}
inline constexpr std::uint64_t operator""_MiB(unsigned long long count) {
  return count << 20U;
}
inline constexpr std::uint64_t operator""_GiB(unsigned long long count) {
  return count << 30U;
}

/// Position of a chunk in its recording, 0 … limits::chunk_index_max. Not a count and not a size.
enum class chunk_index : std::uint32_t {};

[[nodiscard]] constexpr std::uint32_t to_number(chunk_index index) noexcept {
  return static_cast<std::uint32_t>(index);
}

}  // namespace wf
