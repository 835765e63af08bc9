#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "waveforge/base/unique_function.hpp"
#include "waveforge/io/task_scope.hpp"
#include "waveforge/io/worker.hpp"

namespace wf::server {

/// How much one worker lends.
struct worker_plan {
  std::string name{};
  std::size_t buffers{8};
  std::size_t buffers_registered_max{8};
  std::size_t heads{64};
  std::size_t pipes{8};
  std::uint32_t pipe_bytes{1U << 20U};
  std::optional<int> cpu{};  ///< stay on it
};

/// A thread, its ring and its pools. The ring is made, used and unmade on the thread itself, as a ring for a single
/// issuer must be.
class worker_thread {
 public:
  worker_thread(io::kernel& world, const clock& time, worker_plan plan);
  ~worker_thread();  ///< stop() and join()
  worker_thread(const worker_thread&) = delete;
  worker_thread& operator=(const worker_thread&) = delete;

  /// Blocks until the ring turns, or cannot be made.
  [[nodiscard]] result<void> start();
  /// Valid from start() to the end; to be used on the thread (post), but for its ring's thread-safe calls.
  [[nodiscard]] io::worker& lends() noexcept { return *lends_; }
  /// Thread-safe.
  void post(unique_function<void()> function) { lends_->ring.post(std::move(function)); }
  /// On the thread: start a coroutine that ends before the thread does.
  void spawn(io::task<void> child);
  /// Thread-safe: the loop ends once everything in it has.
  void stop() noexcept;
  void join() noexcept;
  /// Run on the thread when the loop has ended, before the ring is unmade: for what lives on it.
  void at_end(unique_function<void()> function) { at_end_ = std::move(function); }

 private:
  struct loop;
  void run(loop& place);

  io::kernel& world_;
  const clock& time_;
  worker_plan plan_;
  io::worker* lends_{nullptr};
  io::task_scope* scope_{nullptr};
  unique_function<void()> at_end_{};
  std::thread thread_;
};

}  // namespace wf::server
