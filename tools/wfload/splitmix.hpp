#pragma once

#include <cstdint>

namespace wf::load {

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit, no state.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

/// One number from two; not symmetric.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t first, std::uint64_t second) noexcept {
  return mix(first ^ mix(second));
}

}  // namespace wf::load
