#pragma once

#include <cstdint>

namespace wf::sim {

/// Where every decision of a history comes from: the same seed, the same decisions (splitmix64).
class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// 0 … count - 1; 0 when there is nothing to choose from.
  std::uint64_t below(std::uint64_t count) noexcept { return count == 0 ? 0 : next() % count; }
  /// Both ends included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept { return least + below(most - least + 1); }
  /// True `parts` times in a million.
  bool chance(std::uint64_t parts) noexcept { return below(1'000'000) < parts; }
  bool coin() noexcept { return (next() & 1U) != 0; }

 private:
  std::uint64_t state_;
};

}  // namespace wf::sim
