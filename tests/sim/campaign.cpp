#include "campaign.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

namespace wf::sim {

namespace {

using steady = std::chrono::steady_clock;
constexpr std::size_t jobs_max = 64;
constexpr std::size_t text_bytes = 1'000;

/// What the processes of a campaign share.
struct board {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> histories{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> requests_fewest{std::numeric_limits<std::uint64_t>::max()};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<std::uint64_t> virtual_ms{0};
  std::array<std::atomic<std::uint64_t>, fault_kinds> faults{};
  std::array<std::atomic<std::uint64_t>, jobs_max> present{};  ///< seed each process is at
  std::atomic<bool> stop{false};
  std::atomic_flag writing{};
  std::uint64_t first_seed{std::numeric_limits<std::uint64_t>::max()};
  std::array<char, text_bytes> first_text{};

  void note_failure(std::uint64_t seed, std::string_view text) {
    ++failures;
    while (writing.test_and_set()) ::usleep(100);
    if (seed < first_seed) {
      first_seed = seed;
      const std::size_t size = std::min(text.size(), text_bytes - 1);
      std::memcpy(first_text.data(), text.data(), size);
      first_text[size] = '\0';
    }
    writing.clear();
  }
};

/// Memory that a child's writes reach.
template <typename T>
class shared {
 public:
  shared() {
    void* memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    value_ = ::new (memory) T{};
  }
  ~shared() { ::munmap(value_, sizeof(T)); }
  shared(const shared&) = delete;
  shared& operator=(const shared&) = delete;
  T* operator->() const noexcept { return value_; }
  T& operator*() const noexcept { return *value_; }

 private:
  T* value_;
};

void add(board& into, const outcome& told) {
  ++into.histories;
  into.requests += told.requests;
  into.operations += told.operations;
  into.virtual_ms +=
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(told.virtual_time).count());
  for (std::size_t i = 0; i < fault_kinds; ++i) into.faults[i] += told.faults[i];
  std::uint64_t fewest = into.requests_fewest;
  while (told.requests < fewest && !into.requests_fewest.compare_exchange_weak(fewest, told.requests)) {
  }
}

/// Blocks that the last history has not given back.
std::int64_t blocks_left = 0;

std::optional<std::string> one(board& on, const plan& set) {
  const std::int64_t before = live_blocks();
  std::optional<std::string> broken;
  {
    outcome told = live(set);
    add(on, told);
    broken = std::move(told.violation);
  }
  blocks_left = live_blocks() - before;
  return broken;
}

void work(board& on, const campaign& of, std::size_t number, steady::time_point until) {
  bool first = true;
  while (!on.stop && steady::now() < until) {
    const std::uint64_t place = on.next++;
    if (place >= of.seeds) return;
    const std::uint64_t seed = of.from + place;
    on.present[number] = seed;
    plan set = plan::draw(seed);
    static_cast<void>(set.change(of.changes));
    std::optional<std::string> broken = one(on, set);
    // What a first history leaves behind may be a cache; what the same one leaves a second time is lost.
    if (!broken && !std::exchange(first, false) && blocks_left != 0) {
      static_cast<void>(one(on, set));
      if (blocks_left > 0) broken = fmt::format("{} blocks of memory are not given back", blocks_left);
    }
    if (!broken) continue;
    on.note_failure(seed, *broken);
    if (of.keep_going) {
      fmt::print("seed {}: {}\n", seed, *broken);
      std::fflush(stdout);
    } else {
      on.stop = true;
    }
  }
}

pid_t start(board& on, const campaign& of, std::size_t number, steady::time_point until) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  work(on, of, number, until);
  std::fflush(nullptr);
  ::_exit(0);
}

}  // namespace

tally run(const campaign& of) {
  const shared<board> on;
  const auto begun = steady::now();
  const auto until = of.time_limit ? begun + *of.time_limit : steady::time_point::max();
  std::vector<pid_t> children;
  const std::size_t jobs = std::clamp<std::size_t>(of.jobs, 1, jobs_max);
  for (std::size_t i = 0; i < jobs; ++i) children.push_back(start(*on, of, i, until));
  for (std::size_t left = jobs; left > 0;) {
    int status = 0;
    const pid_t ended = ::wait(&status);
    const auto at = std::ranges::find(children, ended);
    if (at == children.end()) continue;
    --left;
    if (!WIFSIGNALED(status)) continue;
    const auto number = static_cast<std::size_t>(at - children.begin());
    on->note_failure(on->present[number], fmt::format("the process died of signal {}", WTERMSIG(status)));
    if (!of.keep_going) {
      on->stop = true;
      continue;
    }
    *at = start(*on, of, number, until);
    ++left;
  }
  tally told;
  told.histories = on->histories;
  told.failures = on->failures;
  told.requests = on->requests;
  told.requests_fewest = told.histories == 0 ? 0 : on->requests_fewest.load();
  told.operations = on->operations;
  told.virtual_seconds = static_cast<double>(on->virtual_ms) / 1e3;
  told.seconds = std::chrono::duration<double>(steady::now() - begun).count();
  for (std::size_t i = 0; i < fault_kinds; ++i) told.faults[i] = on->faults[i];
  if (told.failures > 0) told.first = failure{on->first_seed, on->first_text.data()};
  return told;
}

void print(const tally& told) {
  const double count = static_cast<double>(std::max<std::uint64_t>(told.histories, 1));
  fmt::print(
      "{} histories in {:.1f} s: {:.0f} a second; {:.0f} requests and {:.0f} operations each (at least {} requests); "
      "{:.1f} days of virtual time; {} failed\n",
      told.histories, told.seconds, count / std::max(told.seconds, 1e-9), static_cast<double>(told.requests) / count,
      static_cast<double>(told.operations) / count, told.requests_fewest, told.virtual_seconds / 86'400, told.failures);
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    fmt::print("{:>12} x {}\n", told.faults[i], name_of(static_cast<fault>(i)));
  }
}

std::optional<std::string> fails(const plan& set) {
  struct note {
    std::array<char, text_bytes> text{};
  };
  const shared<note> told;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned seconds_at_most = 20;
    ::alarm(seconds_at_most);
    static_cast<void>(std::freopen("/dev/null", "w", stderr));
    const outcome ended = live(set);
    if (!ended.violation) ::_exit(0);
    std::memcpy(told->text.data(), ended.violation->data(), std::min(ended.violation->size(), text_bytes - 1));
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return fmt::format("the process died of signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return std::nullopt;
  return std::string{told->text.data()};
}

plan shrink(plan failing, std::chrono::seconds within) {
  constexpr std::uint64_t salts = 25;
  const auto until = steady::now() + within;
  const auto still_fails = [&](plan& candidate) {
    for (std::uint64_t salt = 0; salt < salts && steady::now() < until; ++salt) {
      candidate.salt = failing.salt + salt;
      if (fails(candidate)) return true;
    }
    return false;
  };
  for (bool smaller = true; smaller && steady::now() < until;) {
    smaller = false;
    for (const plan_part& part : parts_of(failing)) {
      for (const std::uint64_t value : {part.least, part.value / 2}) {
        if (value >= part.value || value < part.least) continue;
        plan candidate = failing;
        if (!candidate.change(fmt::format("{}={}", part.name, value)) || !still_fails(candidate)) continue;
        failing = candidate;
        smaller = true;
        break;
      }
    }
  }
  return failing;
}

}  // namespace wf::sim
