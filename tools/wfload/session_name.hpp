#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "wfload/splitmix.hpp"

namespace wf::load {

/// The id of a run's n-th recording: a UUID (version 4 in form) that follows from the seed.
[[nodiscard]] inline std::string session_name(std::uint64_t seed, std::uint64_t number) {
  const std::uint64_t high = mix(mix(seed, 0x5e55), number);
  const std::uint64_t low = mix(high);
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xffffU, high & 0xfffU,
                     0x8000U | (low >> 50U), low & 0xffffffffffffU);
}

}  // namespace wf::load
