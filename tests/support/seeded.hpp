#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace wf::test {

/// Numbers for a random test. The seed is fresh unless WF_SEED gives one; it is printed, so that a failure can be had
/// again.
class seeded {
 public:
  explicit seeded(std::string_view test) : seed_{choose()}, engine_{seed_} {
    std::printf("[ seed     ] %.*s WF_SEED=%llu\n", static_cast<int>(test.size()), test.data(),
                static_cast<unsigned long long>(seed_));
  }

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// Any value from `low` to `high`, both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>{low, high}(engine_);
  }
  std::uint32_t index(std::uint32_t low, std::uint32_t high) { return static_cast<std::uint32_t>(between(low, high)); }
  /// True once in `n` times.
  bool one_in(std::uint64_t n) { return between(1, n) == 1; }
  /// A number up to `high`, of a random width: small ones, large ones and the ends are all frequent.
  std::uint64_t number(std::uint64_t high = std::numeric_limits<std::uint64_t>::max()) {
    if (one_in(8)) return high - (one_in(2) ? 0 : std::min<std::uint64_t>(high, between(0, 2)));
    const std::uint64_t wide = between(0, std::numeric_limits<std::uint64_t>::max()) >> between(0, 63);
    return wide <= high ? wide : between(0, high);
  }
  /// Up to `size_max` bytes of any value.
  std::string bytes(std::size_t size_max) {
    std::string out(static_cast<std::size_t>(between(0, size_max)), '\0');
    for (char& c : out) c = static_cast<char>(between(0, 255));
    return out;
  }
  [[nodiscard]] std::mt19937_64& engine() noexcept { return engine_; }

 private:
  static std::uint64_t choose() {
    if (const char* given = std::getenv("WF_SEED")) return std::strtoull(given, nullptr, 10);
    std::random_device fresh;
    return (std::uint64_t{fresh()} << 32U) | fresh();
  }

  std::uint64_t seed_;
  std::mt19937_64 engine_;
};

}  // namespace wf::test
