#include "waveforge/store/file_budget.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <vector>

namespace wf::store {

struct file_budget::state {
  struct waiter {
    std::uint32_t count{0};
    bool served{false};  ///< guarded by the state's mutex
    io::notifier told{};
  };
  using waiters = std::vector<std::shared_ptr<waiter>>;

  explicit state(std::uint32_t files_max) : max(files_max) {}

  /// Locked. Who asks for more than there ever is gets it when nothing else is open.
  [[nodiscard]] bool fits(std::uint32_t count) const noexcept { return open == 0 || open + count <= max; }
  /// Locked. True: this made it crowded.
  bool add(std::uint32_t count) noexcept {
    const bool before = is_crowded();
    open += count;
    return !before && is_crowded();
  }
  [[nodiscard]] bool is_crowded() const noexcept { return open >= max - max / 8; }
  /// Locked. Those who need wait no longer, in their order; they are told after the lock.
  [[nodiscard]] waiters serve() {
    waiters served;
    while (!waiting.empty() && fits(waiting.front()->count)) {
      (void)add(waiting.front()->count);
      waiting.front()->served = true;
      served.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
    waiting_count.store(waiting.size(), std::memory_order_release);
    return served;
  }
  void give_back(std::uint32_t count) {
    waiters served;
    {
      const std::lock_guard lock{mutex};
      open -= count;
      served = serve();
    }
    for (const auto& one : served) one->told.notify_all();
  }
  /// False: it was served in the same moment.
  [[nodiscard]] bool give_up(const std::shared_ptr<waiter>& one) {
    waiters served;
    {
      const std::lock_guard lock{mutex};
      if (one->served) return false;
      std::erase(waiting, one);
      served = serve();  // those behind it may need less
    }
    for (const auto& other : served) other->told.notify_all();
    return true;
  }

  const std::uint32_t max;
  mutable std::mutex mutex;
  std::uint32_t open{0};
  std::deque<std::shared_ptr<waiter>> waiting;
  std::atomic<std::size_t> waiting_count{0};  ///< to be asked without the lock
  io::notifier crowded;
};

file_budget::permit::~permit() {
  if (count_ > 0) from_->give_back(count_);
}

file_budget::file_budget(std::uint32_t files_max) : state_(std::make_shared<state>(std::max(files_max, 1U))) {}
file_budget::~file_budget() = default;

io::task<result<file_budget::permit>> file_budget::take(std::uint32_t count, io::deadline until) {
  const std::shared_ptr<state> now = state_;
  const auto mine = std::make_shared<state::waiter>();
  mine->count = count;
  const std::uint64_t seen = mine->told.ticket();
  bool waits = false;
  bool crowds = false;
  {
    const std::lock_guard lock{now->mutex};
    waits = !now->waiting.empty() || !now->fits(count);
    if (waits) {
      now->waiting.push_back(mine);
      now->waiting_count.store(now->waiting.size(), std::memory_order_release);
    } else {
      crowds = now->add(count);
    }
  }
  if (waits || crowds) now->crowded.notify_all();
  if (waits) {
    const std::int32_t woken = co_await mine->told.wait(seen, until);
    if (woken != 0 && now->give_up(mine)) {
      co_return fail(errc::unavailable, "too many files are open for another one; try again in a moment");
    }
  }
  co_return permit{now, count};
}

file_budget::permit file_budget::take_now(std::uint32_t count) {
  bool crowds = false;
  {
    const std::lock_guard lock{state_->mutex};
    crowds = state_->add(count);
  }
  if (crowds) state_->crowded.notify_all();
  return permit{state_, count};
}

file_budget::permit file_budget::part_of(permit& taken, std::uint32_t count) {
  if (taken.count_ < count) return take_now(count);
  taken.count_ -= count;
  return permit{state_, count};
}

std::uint32_t file_budget::open() const noexcept {
  const std::lock_guard lock{state_->mutex};
  return state_->open;
}

std::uint32_t file_budget::files_max() const noexcept {
  return state_->max;
}

bool file_budget::is_crowded() const noexcept {
  const std::lock_guard lock{state_->mutex};
  return state_->is_crowded();
}

io::notifier& file_budget::crowded() noexcept {
  return state_->crowded;
}

void file_budget::session_fell_idle() noexcept {
  if (state_->waiting_count.load(std::memory_order_acquire) > 0) state_->crowded.notify_all();
}

}  // namespace wf::store
