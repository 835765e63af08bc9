#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "waveforge/base/unique_function.hpp"
#include "waveforge/io/operation.hpp"

namespace wf::io {

/// Carries out the operations that have no opcode, one after the other, off the loop's thread. Started by its first
/// operation; where the kernel has no thread to give, the loop's carries them out itself. The loop's thread calls
/// everything here.
class helper_thread {
 public:
  /// `wake` is called on the helper's thread after each result.
  explicit helper_thread(unique_function<void()> wake) noexcept : wake_(std::move(wake)) {}
  ~helper_thread() { stop(); }
  helper_thread(const helper_thread&) = delete;
  helper_thread& operator=(const helper_thread&) = delete;

  /// `op` stays at its address until its completion was taken.
  void start(op_id id, operation& op);
  /// Ends it with -ECANCELED if it was not begun. False: it is none of the helper's operations.
  [[nodiscard]] bool cancel(op_id id);
  [[nodiscard]] bool has_results() const noexcept { return results_waiting_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t take(std::span<completion> out);
  /// Finishes what is queued and ends the thread.
  void stop() noexcept;

 private:
  struct job {
    op_id id;
    operation* op;
  };
  [[nodiscard]] bool begin() noexcept;
  void run();
  void add_result(completion done);  // under the mutex

  unique_function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> jobs_;
  std::optional<op_id> running_;
  std::deque<completion> results_;
  std::atomic<bool> results_waiting_{false};
  bool stopping_{false};
  std::thread thread_;
};

}  // namespace wf::io
