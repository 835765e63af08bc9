#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "waveforge/io/task.hpp"

namespace wf::io {

/// An event count: lets coroutines of any ring wait until another thread or coroutine says that something changed.
///
///   lock; if (condition) …; auto seen = changed.ticket(); unlock;      co_await changed.wait(seen, until);
///   lock; make condition true; unlock; changed.notify_all();
///
/// A notification between ticket() and wait() is not lost. Spurious wake-ups do not happen, but the condition may be
/// gone again: check in a loop. Thread-safe. Must outlive its waiters.
class notifier {
 public:
  notifier() = default;
  ~notifier();
  notifier(const notifier&) = delete;
  notifier& operator=(const notifier&) = delete;

  [[nodiscard]] std::uint64_t ticket() const noexcept;
  /// 0: notified since `seen`; -ETIMEDOUT; -ECANCELED.
  [[nodiscard]] task<std::int32_t> wait(std::uint64_t seen, deadline until);
  /// Until notified, whatever happens to the coroutine: for clean-up that has to see the end of something.
  [[nodiscard]] task<void> wait_uninterrupted(std::uint64_t seen);
  void notify_all() noexcept;

 private:
  struct waiter {
    ring_context* ring;
    op_id id;
  };
  op_id enlist(ring_context& ring, std::uint64_t seen, deadline until, unique_function<void(std::int32_t)> done);
  void dismiss(ring_context& ring, op_id id) noexcept;

  mutable std::mutex mutex_;
  std::uint64_t sequence_{0};
  std::vector<waiter> waiters_;
};

}  // namespace wf::io
