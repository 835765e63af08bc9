#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/sim/plan.hpp"

namespace wf::sim {

/// What became of a history.
struct outcome {
  std::optional<std::string> violation{};
  fault_counts faults{};
  std::uint64_t requests{0};
  std::uint64_t operations{0};
  span_of_time virtual_time{};
  std::uint64_t fingerprint{0};
  std::vector<std::string> lines{};  ///< of the trace
  std::vector<io::op_kind> kinds{};  ///< of every operation of the server's first life
};

/// Live one history from its first request to the last look at what is left of it. The same plan, the same history.
[[nodiscard]] outcome live(const plan& set, bool tracing = false);

}  // namespace wf::sim
