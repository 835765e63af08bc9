#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

#include "wfload/connection.hpp"
#include "wfload/options.hpp"
#include "wfload/tally.hpp"
#include "wfload/workload.hpp"

namespace wf::load {

/// One thread of the generator: its connections, an epoll loop, and the schedule of arrivals.
///
/// Closed loop: every free connection takes a job at once. Open loop (`rate`): chunk k is due at start + k / rate
/// whether or not a connection is free, and its latency and that of its first request count from that time, so a server
/// that stalls is charged for everything that queued behind the stall.
class driver {
 public:
  struct share {
    std::uint32_t connections{1};
    double rate{0};
  };
  /// Borrows everything; `stop` may be set from a signal handler's thread: no new recordings then.
  driver(const options& how, const target& to, const payload& from, workload& work, share mine, live_counts& live,
         const std::atomic<bool>& stop);
  ~driver();
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  enum class phase : std::uint8_t { send, check };
  /// Sends until everything begun is finished, or carries out the checks that were put off. One after the other as
  /// often as wanted: connections stay. Errors: the system refuses an epoll or a socket.
  [[nodiscard]] result<void> run(instant start, phase which = phase::send);
  [[nodiscard]] const tally& seen() const noexcept { return seen_; }

 private:
  struct slot {
    connection link;
    std::unique_ptr<job> work{};
    instant job_began{};    ///< scheduled time in the open loop
    instant sent{};         ///< when the exchange began, or was due
    bool counts{false};     ///< the job began inside the window
    std::uint32_t wait{0};  ///< stamps the timers: only the newest counts
    bool paused{false};
    bool resting{false};  ///< after a failure, so that a server that is down is not hammered
  };
  struct timer {
    instant at;
    std::uint32_t index;
    std::uint32_t wait;
    bool operator<(const timer& other) const noexcept { return at > other.at; }
  };

  void hand_out(instant now);
  [[nodiscard]] bool give_job(std::uint32_t index, instant now);
  void follow(std::uint32_t index, step what, instant now);
  void begin(std::uint32_t index, exchange what, instant now);
  void after(std::uint32_t index, connection::progress state, instant now);
  void end_job(std::uint32_t index, bool well, instant now);
  void set_timer(std::uint32_t index, instant at);
  void run_timers(instant now);
  void check_deadlines(instant now);
  [[nodiscard]] int wait_ms(instant now) const;
  [[nodiscard]] bool all_done(instant now) const;
  [[nodiscard]] bool stopping() const noexcept;
  [[nodiscard]] bool in_window(instant now) const noexcept;
  [[nodiscard]] std::uint64_t arrivals_due(instant now) const noexcept;
  [[nodiscard]] instant arrival(std::uint64_t number) const noexcept;

  const options& how_;
  const target& to_;
  const payload& from_;
  workload& work_;
  share mine_;
  live_counts& live_;
  const std::atomic<bool>& stop_;
  int epoll_{-1};
  phase phase_{phase::send};
  instant start_{};
  instant window_end_{};
  instant next_check_{};
  std::uint64_t arrivals_taken_{0};
  std::vector<slot> slots_;
  std::vector<std::uint32_t> idle_;
  std::priority_queue<timer> timers_;
  std::unordered_map<std::uint64_t, std::pair<instant, bool>> recording_began_;
  std::vector<std::byte> scratch_;
  tally seen_;
};

}  // namespace wf::load
