#pragma once

#include <atomic>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/unique_function.hpp"
#include "waveforge/io/kernel.hpp"
#include "waveforge/io/timer_heap.hpp"

namespace wf::io {

namespace asio = boost::asio;

class ring_executor;
class op_table;

/// When a wait ends by itself.
struct deadline {
  steady_time at{steady_time::max()};
  [[nodiscard]] static constexpr deadline never() noexcept { return {}; }
};

/// One thread's event loop: a ring, the operations in it, their deadlines, and the functions that are ready to run.
///
///   run():  ready functions -> submit and wait -> reap into a list -> expire deadlines -> resume, in that order
///
/// Completions only move results into a list; coroutines resume afterwards, so no completion runs inside submission.
/// Everything is for the loop's own thread, except post(), stop() and what says so. Other threads' rings are reached
/// through post() alone.
class ring_context final : public asio::execution_context {
 public:
  ring_context(kernel& world, const clock& time, std::unique_ptr<ring_backend> backend, std::string name);
  ~ring_context();
  ring_context(const ring_context&) = delete;
  ring_context& operator=(const ring_context&) = delete;

  /// Wakes the loop when it ends; from another loop's thread, when that loop's turn ends, so that a turn that posts to
  /// a ring many times wakes it once and not into the middle. Held by whoever calls from another thread: what he posted
  /// may end the loop, and the ring lives until he has let go of it.
  class wake_up {
   public:
    wake_up() = default;
    explicit wake_up(ring_context& ring) noexcept;
    wake_up(wake_up&& other) noexcept : ring_(std::exchange(other.ring_, nullptr)) {}
    wake_up& operator=(wake_up&&) = delete;
    ~wake_up();

   private:
    ring_context* ring_{nullptr};
  };

  [[nodiscard]] ring_executor get_executor() noexcept;

  /// Turn until stop() was called and nothing is ready or in flight. An operation that the kernel does not give back
  /// after it was cancelled keeps the loop waiting: its memory must not be freed.
  void run();
  /// One turn; for tests and the simulator. `wait` false: do not block. Returns false when nothing happened.
  bool turn(bool wait);
  /// Thread-safe. Let run() return once everything has ended; whoever stops has closed the scopes first.
  void stop() noexcept;
  /// Thread-safe. Run `function` on the loop's thread, after everything posted before it.
  void post(unique_function<void()> function);
  /// The same for a caller that holds a lock the function's readers want: the loop is woken when what this returns
  /// ends, which is to be after the lock. Were it woken before, it would run into the lock at once and sleep again.
  [[nodiscard]] wake_up post_quietly(unique_function<void()> function);

  /// Wake the rings this loop has posted to now, in a turn that goes on for long.
  void pay_wake_ups() noexcept;

  /// Start `op`. `done` is called once per completion, from the loop, never from inside start. When `until` passes
  /// first, the operation is cancelled and completes with -ETIMEDOUT (or with its result, if that came first).
  /// When limits::operations_max are open already, `done` gets -ENOBUFS and the returned id names nothing.
  op_id start(operation op, deadline until, unique_function<void(std::int32_t)> done);
  /// A wait for another thread or coroutine: no kernel operation behind it. Ended by complete_external, its deadline
  /// (-ETIMEDOUT) or cancel (-ECANCELED).
  op_id start_external(deadline until, unique_function<void(std::int32_t)> done);
  /// False: it had ended already. Loop's thread only; from elsewhere post() it.
  bool complete_external(op_id which, std::int32_t value);
  /// No effect when the operation has ended.
  void cancel(op_id which);

  [[nodiscard]] deadline after(steady_time::duration span) const noexcept { return {time_.now() + span}; }
  [[nodiscard]] const clock& time() const noexcept { return time_; }
  [[nodiscard]] kernel& world() noexcept { return world_; }
  [[nodiscard]] ring_backend& backend() noexcept { return *backend_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Whether the calling thread is inside run() or turn() of this context.
  [[nodiscard]] bool running_here() const noexcept;
  /// Started and not yet delivered, external waits included.
  [[nodiscard]] std::size_t operations_open() const noexcept;
  /// How busy this worker is, for choosing where a new connection goes. Thread-safe.
  std::atomic<std::int64_t> load{0};

 private:
  /// A posted function, or (when that is empty) a completion to deliver.
  struct ready_item {
    unique_function<void()> function{};
    op_id id{};
    std::int32_t value{0};
    bool more{false};
  };

  op_id open(operation&& op, deadline until, unique_function<void(std::int32_t)>&& done, bool external);
  bool run_ready() noexcept;
  /// Submit what was started in this turn, and wake whom it posted to, when it goes on for long.
  void submit_when_due() noexcept;
  void enter(std::optional<steady_time> until);
  void deliver(const ready_item& item);
  void take_posted();
  bool reap();
  bool expire();
  void settle(op_id which, std::int32_t value, bool more);
  void owe(ring_context& ring);
  void let_go(bool wake) noexcept;
  [[nodiscard]] bool idle() const noexcept;

  kernel& world_;
  const clock& time_;
  std::unique_ptr<ring_backend> backend_;
  std::string name_;
  std::unique_ptr<op_table> table_;
  timer_heap deadlines_;
  std::size_t started_{0};  ///< operations since the backend was entered
  steady_time submitted_{};
  std::vector<ready_item> ready_;
  std::vector<ready_item> running_;
  std::atomic<unsigned> visitors_{0};
  std::vector<ring_context*> owed_;  ///< posted to in this turn and not woken yet
  std::mutex posted_mutex_;
  std::vector<unique_function<void()>> posted_;
  std::atomic<bool> anything_posted_{false};
  std::atomic<bool> stopped_{false};
};

/// Executor of a ring_context: what `task` is typed on, so no call goes through any_io_executor. Cheap to copy.
///
/// As Asio expects of an executor that coroutines are typed on, execute() (asio::dispatch) runs the function at once on
/// the loop's thread and posts it elsewhere; asio::post, through require(blocking.never), always posts. Asio 1.81's
/// cancellation of a co_spawn inside a parallel group dispatches with a bare pointer to the group: were that deferred,
/// the group could be gone when it ran.
class ring_executor {
 public:
  explicit ring_executor(ring_context& context) noexcept : context_(&context) {}

  [[nodiscard]] ring_context& context() const noexcept { return *context_; }
  [[nodiscard]] ring_context& query(asio::execution::context_t) const noexcept { return *context_; }
  [[nodiscard]] asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept {
    return always_later_ ? asio::execution::blocking_t(asio::execution::blocking.never)
                         : asio::execution::blocking_t(asio::execution::blocking.possibly);
  }
  [[nodiscard]] ring_executor require(asio::execution::blocking_t::never_t) const noexcept { return {*context_, true}; }
  [[nodiscard]] ring_executor require(asio::execution::blocking_t::possibly_t) const noexcept {
    return {*context_, false};
  }

  template <typename F>
  void execute(F&& function) const {
    if (!always_later_ && context_->running_here()) {
      std::decay_t<F> now(std::forward<F>(function));
      now();
    } else {
      context_->post(unique_function<void()>(std::forward<F>(function)));
    }
  }

  friend bool operator==(const ring_executor& a, const ring_executor& b) noexcept {
    return a.context_ == b.context_ && a.always_later_ == b.always_later_;
  }
  friend bool operator!=(const ring_executor& a, const ring_executor& b) noexcept { return !(a == b); }

 private:
  ring_executor(ring_context& context, bool always_later) noexcept : context_(&context), always_later_(always_later) {}

  ring_context* context_;
  bool always_later_{false};
};

}  // namespace wf::io
