#include "fault/support/campaign.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <random>
#include <thread>

#include "fault/support/observer.hpp"
#include "wfload/splitmix.hpp"

namespace wf::test {

traffic::traffic(const workload& of, std::vector<std::shared_ptr<recording_note>>& recordings,
                 std::uint64_t& next_number)
    : of_{of}, recordings_{recordings}, next_number_{next_number} {}

void traffic::client(std::size_t which, std::uint16_t port, std::uint64_t seed, const std::atomic<bool>& stop) {
  std::mt19937_64 draw{load::mix(seed, which)};
  uploader hands{of_, draw(), port};
  try {
    while (!stop.load()) {
      const std::size_t at = which * recordings_each + draw() % recordings_each;
      std::shared_ptr<recording_note> one;
      {
        const std::lock_guard lock{mutex_};
        one = recordings_[at];
      }
      if (uploader::finished(*one) && draw() % 3 == 0) {
        const std::lock_guard lock{mutex_};
        recordings_.push_back(one);  // looked at again after the next crash
        recordings_[at] = make_recording(of_.seed, next_number_++);
        continue;
      }
      if (!uploader::finished(*one)) hands.step(*one);
    }
  } catch (const std::exception&) {
    // The server is gone, or was going: what it had not answered, nobody was told.
  }
}

void traffic::observe(std::uint16_t port, std::uint64_t seed, const std::atomic<bool>& stop) {
  std::mt19937_64 draw{load::mix(seed, clients_at_once)};
  observer eyes{*of_.book, port};
  try {
    while (!stop.load() && !of_.over->load()) {
      std::shared_ptr<recording_note> one;
      {
        const std::lock_guard lock{mutex_};
        one = recordings_[draw() % recordings_.size()];
      }
      if (one->where == surface::tus) continue;
      if (draw() % 4 == 0) {
        eyes.watch(*one, std::chrono::milliseconds{40});
      } else {
        eyes.look(*one);
      }
    }
  } catch (const std::exception&) {
    // As above.
  }
}

void traffic::run(std::uint16_t port, std::uint64_t seed, const std::atomic<bool>& stop) {
  {
    const std::lock_guard lock{mutex_};
    while (recordings_.size() < clients_at_once * recordings_each) {
      recordings_.push_back(make_recording(of_.seed, next_number_++));
    }
  }
  std::vector<std::jthread> clients;
  for (std::size_t which = 0; which < clients_at_once; ++which) {
    clients.emplace_back([this, which, port, seed, &stop] { client(which, port, seed, stop); });
  }
  clients.emplace_back([this, port, seed, &stop] { observe(port, seed, stop); });
}

std::uint64_t campaign_seed(const std::string& name) {
  std::uint64_t seed = 0;
  if (const char* given = std::getenv("WF_SEED")) {
    seed = std::strtoull(given, nullptr, 10);
  } else {
    std::random_device fresh;
    seed = (std::uint64_t{fresh()} << 32U) | fresh();
  }
  fmt::print("[ seed     ] {} WF_SEED={}\n", name, seed);
  std::fflush(stdout);
  return seed;
}

std::uint64_t count_from(const char* variable, std::uint64_t usual) {
  const char* given = std::getenv(variable);
  return given == nullptr ? usual : std::strtoull(given, nullptr, 10);
}

std::string report_of(const ledger& book, const std::string& log) {
  std::string out;
  for (const std::string& one : book.violations()) out += one + "\n";
  if (!out.empty()) out += "the server printed:\n" + log.substr(log.size() > 4000 ? log.size() - 4000 : 0);
  return out;
}

}  // namespace wf::test
