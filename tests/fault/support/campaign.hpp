#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fault/support/ledger.hpp"
#include "fault/support/uploader.hpp"
#include "support/server_process.hpp"

namespace wf::test {

/// Several clients at once against one server, and one that only looks on, until something ends it.
class traffic {
 public:
  /// `recordings` are dealt out to `clients` threads; each makes new ones when its own are finished.
  traffic(const workload& of, std::vector<std::shared_ptr<recording_note>>& recordings, std::uint64_t& next_number);

  /// Runs until the server does not answer any more, or `stop`.
  void run(std::uint16_t port, std::uint64_t seed, const std::atomic<bool>& stop);

 private:
  void client(std::size_t which, std::uint16_t port, std::uint64_t seed, const std::atomic<bool>& stop);

  void observe(std::uint16_t port, std::uint64_t seed, const std::atomic<bool>& stop);

  workload of_;
  std::vector<std::shared_ptr<recording_note>>& recordings_;
  std::uint64_t& next_number_;
  std::mutex mutex_{};
};

inline constexpr std::size_t clients_at_once = 3;
inline constexpr std::size_t recordings_each = 3;

/// WF_SEED, else a fresh one; printed, so that a failure can be had again.
[[nodiscard]] std::uint64_t campaign_seed(const std::string& name);
/// The value of an environment variable that makes a campaign longer or shorter.
[[nodiscard]] std::uint64_t count_from(const char* variable, std::uint64_t usual);
/// All violations as one text, with what the server printed last.
[[nodiscard]] std::string report_of(const ledger& book, const std::string& log);

}  // namespace wf::test
