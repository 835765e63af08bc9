#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/random.hpp"

namespace wf::server {

/// The machine's clocks.
class machine_clock final : public clock {
 public:
  steady_time now() const noexcept override { return std::chrono::steady_clock::now(); }
  utc_time utc_now() const noexcept override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

/// getrandom(2).
class machine_random final : public random_source {
 public:
  void fill(std::span<std::byte> out) noexcept override;
};

/// Raise the soft limit of open files to the hard one; returns what it is now. Needs no right.
std::uint64_t raise_file_limit() noexcept;

/// How much memory this process may have locked (RLIMIT_MEMLOCK); 2^63 without a limit.
[[nodiscard]] std::uint64_t lockable_bytes() noexcept;

/// CPUs this process may run on, in order.
[[nodiscard]] std::span<const int> usable_cpus();

/// Keep the calling thread on one CPU. Not being allowed to is no failure.
void pin_to_cpu(int cpu) noexcept;

}  // namespace wf::server
