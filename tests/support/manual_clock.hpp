#pragma once

#include <chrono>

#include "waveforge/base/clock.hpp"

namespace wf::test {

/// Time that passes only when the test says so. Begins at an arbitrary moment of 2026.
class manual_clock final : public clock {
 public:
  [[nodiscard]] steady_time now() const noexcept override { return steady_time{std::chrono::hours{1}} + passed_; }
  [[nodiscard]] utc_time utc_now() const noexcept override {
    const std::chrono::sys_days day{std::chrono::year{2026} / 3 / 4};
    return std::chrono::floor<std::chrono::milliseconds>(day + passed_);
  }
  void advance(steady_time::duration span) noexcept { passed_ += span; }

 private:
  steady_time::duration passed_{};
};

}  // namespace wf::test
