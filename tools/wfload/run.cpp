#include "wfload/run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "wfload/driver.hpp"
#include "wfload/request_text.hpp"
#include "wfload/target.hpp"
#include "wfload/workload.hpp"

namespace wf::load {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

double own_cpu_s() {
  rusage used{};
  (void)::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

class progress_line {
 public:
  progress_line(const options& how, const live_counts& live)
      : live_{live}, shown_{!how.quiet && ::isatty(STDERR_FILENO) == 1} {}
  ~progress_line() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  /// Shows a line every second until nobody runs. Without a terminal it only waits.
  void watch(std::atomic<std::size_t>& running) {
    for (std::size_t left = running.load(); left != 0; left = running.load()) {
      if (!shown_) {
        running.wait(left);
        continue;
      }
      std::this_thread::sleep_for(10ms);
      if (steady::now() < next_) continue;
      next_ = steady::now() + 1s;
      second_passed();
    }
  }

 private:
  void second_passed() {
    const std::uint64_t bytes = live_.bytes_acknowledged.load(std::memory_order_relaxed);
    fmt::print(stderr, "\r\033[K{} s  {:.3f} GB/s  {} chunks  {} recordings  {} failures", ++seconds_,
               static_cast<double>(bytes - bytes_before_) / 1e9, live_.chunks.load(), live_.recordings.load(),
               live_.failures.load());
    std::fflush(stderr);
    bytes_before_ = bytes;
  }

  const live_counts& live_;
  bool shown_;
  steady::time_point next_{steady::now() + 1s};
  std::uint64_t seconds_{0};
  std::uint64_t bytes_before_{0};
};

// Splits a total evenly: the first threads take the remainder.
std::uint32_t part(std::uint32_t total, std::uint32_t of, std::uint32_t index) {
  return total / of + (index < total % of ? 1U : 0U);
}

struct worker {
  std::unique_ptr<workload> work;
  std::unique_ptr<driver> drive;
  result<void> ended{};
  std::thread thread{};
};

// What processes used before or after several cycles: counters add up, levels are the last ones.
void add(usage& sum, const usage& more) {
  usage both = more;
  both.user_s += sum.user_s;
  both.system_s += sum.system_s;
  both.write_bytes += sum.write_bytes;
  both.cancelled_write_bytes += sum.cancelled_write_bytes;
  both.switches += sum.switches;
  sum = both;
}

/// All workers through one phase; returns its seconds.
double pass(std::vector<worker>& workers, driver::phase which, progress_line& line) {
  std::atomic<std::size_t> running{workers.size()};
  const auto start = steady::now();
  for (worker& one : workers) {
    one.thread = std::thread{[&one, &running, start, which] {
      one.ended = one.drive->run(start, which);
      running.fetch_sub(1, std::memory_order_release);
      running.notify_one();
    }};
  }
  line.watch(running);
  for (worker& one : workers) one.thread.join();
  return std::chrono::duration<double>(steady::now() - start).count();
}

}  // namespace

result<outcome> play(const options& how, const std::atomic<bool>& stop) {
  raise_descriptor_limit();
  const auto to = resolve(how.url);
  if (!to) return tl::make_unexpected(to.error());
  const payload from{how.seed};
  const request_text text{how, *to};
  live_counts live;
  std::atomic<std::uint64_t> recordings_begun{0};
  // With cycles the reading back and deleting is a phase of its own, outside of what is measured.
  options sending = how;
  if (how.cycles > 1) sending.verify = sending.remove = false;

  std::vector<worker> workers(how.threads);
  for (std::uint32_t at = 0; at < how.threads; ++at) {
    worker& one = workers[at];
    one.work = std::make_unique<workload>(sending, text, part(how.sessions, how.threads, at), recordings_begun);
    if (how.cycles > 1) one.work->put_off_checks(how);
    const driver::share mine{part(how.connections, how.threads, at), how.rate / how.threads};
    one.drive = std::make_unique<driver>(how, *to, from, *one.work, mine, live, stop);
  }
  outcome what;
  progress_line line{how, live};
  const double cpu_before_s = own_cpu_s();
  for (std::uint64_t cycle = 0; cycle < how.cycles && !stop; ++cycle) {
    recordings_begun = cycle * how.recordings;
    for (worker& one : workers) one.work->open_below((cycle + 1) * how.recordings);
    add(what.before, measure(how.server_pids));
    what.elapsed_s += pass(workers, driver::phase::send, line);
    add(what.after, measure(how.server_pids));
    if (how.cycles > 1 && (how.verify || how.remove)) (void)pass(workers, driver::phase::check, line);
    for (const worker& one : workers) {
      if (!one.ended) return tl::make_unexpected(one.ended.error());
    }
  }
  what.own_cpu_s = own_cpu_s() - cpu_before_s;
  what.window_s = how.duration_s > 0 ? std::min(how.duration_s, what.elapsed_s) : what.elapsed_s;
  for (const worker& one : workers) what.seen.merge(one.drive->seen());
  return what;
}

}  // namespace wf::load
