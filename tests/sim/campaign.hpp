#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "support/sim/history.hpp"

namespace wf::sim {

/// Many histories, in several processes: one that ends in a failed check takes only its own process with it.
struct campaign {
  std::uint64_t from{1};
  std::uint64_t seeds{1'000};
  std::optional<std::chrono::seconds> time_limit{};
  unsigned jobs{2};
  std::string changes{};   ///< to every plan
  bool keep_going{false};  ///< count failures instead of stopping at the first
};

struct failure {
  std::uint64_t seed{0};
  std::string what{};
};

struct tally {
  std::uint64_t histories{0};
  std::uint64_t failures{0};
  std::uint64_t requests{0};
  std::uint64_t requests_fewest{0};
  std::uint64_t operations{0};
  double virtual_seconds{0};
  double seconds{0};
  fault_counts faults{};
  std::optional<failure> first{};  ///< of the lowest seed among those that failed
};

[[nodiscard]] tally run(const campaign& of);
void print(const tally& told);

/// For each operation of a few short histories, and each error it can end with: the same history with that one failure.
/// Nothing that was acknowledged may be lost. Returns how many there were; `first` is the first that broke a promise.
struct every_failure {
  std::uint64_t operations{0};
  std::uint64_t histories{0};
  std::optional<failure> first{};  ///< the seed, and a sentence with the operation and its error
};
[[nodiscard]] every_failure fail_every_operation(unsigned jobs);

/// Blocks of memory that operator new has given and nobody gave back.
[[nodiscard]] std::int64_t live_blocks() noexcept;

/// One history in a process of its own: what it violated; a death counts.
[[nodiscard]] std::optional<std::string> fails(const plan& set);
/// A smaller plan that fails, too: fewer clients, fewer chunks, fewer kinds of trouble.
[[nodiscard]] plan shrink(plan failing, std::chrono::seconds within);

}  // namespace wf::sim
