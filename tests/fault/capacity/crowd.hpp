#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "support/tus_client.hpp"

namespace wf::test {

/// `clients` connections, each on a thread of its own, share the numbers 0 … count - 1. The first exception ends all
/// and comes out here.
inline void for_each_number(std::uint16_t port, unsigned clients, std::uint64_t count,
                            const std::function<void(tus_client&, std::uint64_t)>& each) {
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> crowd;
    for (unsigned one = 0; one < clients; ++one) {
      crowd.emplace_back([&] {
        try {
          tus_client client{port};
          for (std::uint64_t number = next++; number < count; number = next++) each(client, number);
        } catch (...) {
          const std::lock_guard lock{mutex};
          if (!failure) failure = std::current_exception();
          next = count;
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
}

[[nodiscard]] inline double megabytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

/// The value below which `share` (0 … 1) of them lie.
[[nodiscard]] inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace wf::test
