#pragma once

#include <chrono>

#include "waveforge/base/clock.hpp"

namespace wf::test {

/// The machine's own clocks, for what runs on a real ring.
class machine_clock final : public clock {
 public:
  [[nodiscard]] steady_time now() const noexcept override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] utc_time utc_now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace wf::test
