#pragma once

#include <cstdint>
#include <vector>

namespace wf::load {

/// What a set of processes and all their descendants has used, from /proc. Times include every thread, also the
/// kernel's workers for io_uring, which belong to the process.
struct usage {
  double user_s{0};
  double system_s{0};
  std::uint64_t write_bytes{0};  ///< caused to go to storage (/proc/PID/io)
  std::uint64_t cancelled_write_bytes{0};
  std::uint64_t resident_bytes{0};       ///< now, summed
  std::uint64_t resident_peak_bytes{0};  ///< VmHWM, summed
  std::uint64_t threads{0};
  std::uint64_t switches{0};  ///< context switches of the main threads, voluntary or not
  bool readable{false};       ///< at least one of the processes was there
};

/// Reads /proc now. Processes that are gone or not ours to read count as nothing.
[[nodiscard]] usage measure(const std::vector<int>& pids);

}  // namespace wf::load
