#pragma once

#include <chrono>

namespace wf {

using steady_time = std::chrono::steady_clock::time_point;
using utc_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// The only source of time. `server` implements it with the machine's clocks, the simulator with virtual ones.
/// Thread-safe.
class clock {
 public:
  virtual ~clock() = default;
  /// Monotonic; for deadlines.
  [[nodiscard]] virtual steady_time now() const noexcept = 0;
  /// Wall clock, UTC; for what people and files are told. May jump.
  [[nodiscard]] virtual utc_time utc_now() const noexcept = 0;
};

}  // namespace wf
