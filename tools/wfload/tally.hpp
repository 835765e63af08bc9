#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "wfload/exchange.hpp"
#include "wfload/histogram.hpp"

namespace wf::load {

/// Counts that the progress line reads while the threads run.
struct live_counts {
  std::atomic<std::uint64_t> bytes_acknowledged{0};
  std::atomic<std::uint64_t> chunks{0};
  std::atomic<std::uint64_t> recordings{0};
  std::atomic<std::uint64_t> failures{0};
};

/// What one thread saw. Not thread-safe; merged after the threads have ended.
struct tally {
  struct trouble {
    std::uint64_t times{0};
    std::string example{};
  };

  std::array<histogram, static_cast<std::size_t>(kind::count_)> latency{};
  std::map<std::string, trouble> troubles{};  ///< by what failed, without its numbers
  std::uint64_t bytes_acknowledged{0};
  std::uint64_t bytes_acknowledged_in_window{0};
  std::uint64_t bytes_compared{0};
  std::uint64_t chunks{0};
  std::uint64_t recordings{0};
  std::uint64_t recordings_verified{0};
  std::uint64_t failures{0};
  std::uint64_t mismatches{0};  ///< failures that are a wrong or lost byte
  std::uint64_t retries{0};
  std::uint64_t connects{0};
  std::uint64_t arrivals_late{0};  ///< open loop: began more than 1 ms after their time

  /// Counts a failed job. Failures alike but for their numbers and ids are one entry; past 64 kinds they share one.
  void fail(const std::string& why);
  void merge(const tally& other);
};

}  // namespace wf::load
