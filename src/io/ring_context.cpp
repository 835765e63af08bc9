#include "waveforge/io/ring_context.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>

#include "waveforge/base/check.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/io/op_table.hpp"

namespace wf::io {

namespace {

/// Completions taken from the backend at a time: a page of them.
constexpr std::size_t reap_batch = 256;

/// A turn that takes bodies out of sockets lasts for milliseconds, 0.1 a buffer. What it started so long ago is
/// submitted in its middle, or the disk would stand still while we copy, and we while it writes.
constexpr auto submit_after = std::chrono::microseconds{200};

thread_local ring_context* running_context = nullptr;

class running_mark {
 public:
  explicit running_mark(ring_context* context) noexcept : before_(running_context) {
    // A turn inside a turn would resume coroutines below the one that is running.
    WF_CHECK(before_ != context);
    running_context = context;
  }
  ~running_mark() { running_context = before_; }
  running_mark(const running_mark&) = delete;
  running_mark& operator=(const running_mark&) = delete;

 private:
  ring_context* before_;
};

}  // namespace

ring_context::ring_context(kernel& world, const clock& time, std::unique_ptr<ring_backend> backend, std::string name)
    : world_(world),
      time_(time),
      backend_(std::move(backend)),
      name_(std::move(name)),
      table_(std::make_unique<op_table>(limits::operations_max)) {}

ring_context::wake_up::wake_up(ring_context& ring) noexcept : ring_(&ring) {
  ring_->visitors_.fetch_add(1, std::memory_order_relaxed);
}

ring_context::wake_up::~wake_up() {
  if (ring_ == nullptr) return;
  if (running_context != nullptr && running_context != ring_) {
    running_context->owe(*ring_);
  } else {
    ring_->let_go(true);
  }
}

void ring_context::let_go(bool wake) noexcept {
  if (wake) backend_->wake();
  visitors_.fetch_sub(1, std::memory_order_release);
}

void ring_context::owe(ring_context& ring) {
  if (std::ranges::find(owed_, &ring) == owed_.end()) {
    owed_.push_back(&ring);
  } else {
    ring.let_go(false);  // the one that is listed holds it
  }
}

void ring_context::pay_wake_ups() noexcept {
  for (ring_context* ring : owed_) ring->let_go(true);
  owed_.clear();
}

ring_context::~ring_context() {
  while (visitors_.load(std::memory_order_acquire) != 0) std::this_thread::yield();  // a system call's time at most
  // What the kernel still holds must not be freed, and what still waits has an owner who did not close its scope.
  WF_CHECK(table_->open_count() == 0);
  shutdown();
  destroy();
  // Destroying a function may post the remains of a coroutine.
  for (take_posted(); !ready_.empty(); take_posted()) {
    running_.swap(ready_);
    running_.clear();
  }
}

ring_executor ring_context::get_executor() noexcept {
  return ring_executor{*this};
}

bool ring_context::running_here() const noexcept {
  return running_context == this;
}

std::size_t ring_context::operations_open() const noexcept {
  return table_->open_count();
}

bool ring_context::idle() const noexcept {
  return ready_.empty() && table_->open_count() == 0 && !anything_posted_.load(std::memory_order_acquire);
}

void ring_context::run() {
  while (!(stopped_.load(std::memory_order_acquire) && idle())) turn(true);
}

bool ring_context::turn(bool wait) {
  const running_mark mark{this};
  submitted_ = time_.now();
  take_posted();
  bool progressed = run_ready();
  pay_wake_ups();
  std::optional<steady_time> until = steady_time::min();
  if (wait && ready_.empty() && !(stopped_.load(std::memory_order_acquire) && idle())) {
    until = deadlines_.empty() ? std::nullopt : std::optional{deadlines_.earliest()};
  }
  enter(until);
  progressed |= reap();
  progressed |= expire();
  take_posted();
  progressed |= run_ready();
  pay_wake_ups();
  return progressed;
}

void ring_context::stop() noexcept {
  const wake_up last{*this};
  stopped_.store(true, std::memory_order_release);
}

void ring_context::post(unique_function<void()> function) {
  (void)post_quietly(std::move(function));
}

ring_context::wake_up ring_context::post_quietly(unique_function<void()> function) {
  if (running_here()) {
    ready_.push_back({std::move(function)});
    return {};
  }
  wake_up later{*this};
  const std::lock_guard lock{posted_mutex_};
  posted_.push_back(std::move(function));
  anything_posted_.store(true, std::memory_order_release);
  return later;
}

void ring_context::take_posted() {
  if (!anything_posted_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock{posted_mutex_};
  for (auto& function : posted_) ready_.push_back({std::move(function)});
  posted_.clear();
  anything_posted_.store(false, std::memory_order_release);
}

op_id ring_context::open(operation&& op, deadline until, unique_function<void(std::int32_t)>&& done, bool external) {
  WF_CHECK(running_here());
  const std::optional<op_id> opened = table_->open(std::move(op), std::move(done), external);
  if (!opened) {
    ready_.push_back({[refused = std::move(done)]() mutable { refused(-ENOBUFS); }});
    return {};
  }
  if (until.at != steady_time::max()) deadlines_.set(opened->slot, until.at);
  return *opened;
}

op_id ring_context::start(operation op, deadline until, unique_function<void(std::int32_t)> done) {
  const op_id begun = open(std::move(op), until, std::move(done), false);
  if (begun == op_id{}) return begun;
  backend_->start(begun, table_->at(begun).op);
  ++started_;
  return begun;
}

op_id ring_context::start_external(deadline until, unique_function<void(std::int32_t)> done) {
  return open({}, until, std::move(done), true);
}

bool ring_context::complete_external(op_id which, std::int32_t value) {
  WF_CHECK(running_here());
  const op_table::slot* slot = table_->waiting(which);
  if (slot == nullptr) return false;
  WF_CHECK(slot->external);
  settle(which, value, false);
  return true;
}

void ring_context::cancel(op_id which) {
  WF_CHECK(running_here());
  op_table::slot* slot = table_->waiting(which);
  if (slot == nullptr || slot->cancel_sent) return;
  slot->cancel_sent = true;
  if (slot->external) {
    settle(which, -ECANCELED, false);
  } else {
    deadlines_.remove(which.slot);
    backend_->cancel(which);
  }
}

bool ring_context::reap() {
  completion batch[reap_batch];
  bool any = false;
  for (;;) {
    const std::size_t count = backend_->reap(batch);
    for (std::size_t i = 0; i < count; ++i) {
      const completion& done = batch[i];
      op_table::slot* slot = table_->waiting(done.id);
      // A completion for a slot that waits for none: the kernel and we disagree about who owns its memory.
      WF_CHECK(slot != nullptr && !slot->external);
      std::int32_t value = done.value;
      // A worker thread that was interrupted by our cancellation answers EINTR.
      if (slot->cancel_sent && (value == -ECANCELED || value == -EINTR)) {
        value = slot->timed_out ? -ETIMEDOUT : -ECANCELED;
      }
      settle(done.id, value, done.more);
    }
    any |= count > 0;
    if (count < reap_batch) return any;
  }
}

bool ring_context::expire() {
  if (deadlines_.empty()) return false;
  const steady_time now = time_.now();
  bool any = false;
  while (!deadlines_.empty() && deadlines_.earliest() <= now) {
    const std::uint32_t index = deadlines_.earliest_slot();
    deadlines_.remove(index);
    const auto [which, slot] = table_->waiting_at(index);
    WF_CHECK(slot != nullptr);
    slot->timed_out = true;
    slot->cancel_sent = true;
    if (slot->external) {
      settle(which, -ETIMEDOUT, false);
    } else {
      backend_->cancel(which);
    }
    any = true;
  }
  return any;
}

void ring_context::settle(op_id which, std::int32_t value, bool more) {
  if (!more) {
    deadlines_.remove(which.slot);
    table_->at(which).in_kernel = false;
  }
  ready_.push_back({{}, which, value, more});
}

bool ring_context::run_ready() noexcept {
  if (ready_.empty()) return false;
  // What becomes ready meanwhile waits for the next round, so that nobody is starved.
  running_.swap(ready_);
  for (ready_item& item : running_) {
    if (item.function) {
      item.function();
    } else {
      deliver(item);
    }
    submit_when_due();
  }
  running_.clear();
  return true;
}

void ring_context::submit_when_due() noexcept {
  if (started_ == 0) return;
  const steady_time now = time_.now();
  if (now - submitted_ < submit_after) return;
  pay_wake_ups();
  enter(steady_time::min());
}

void ring_context::enter(std::optional<steady_time> until) {
  backend_->enter(until);
  started_ = 0;
  submitted_ = time_.now();
}

void ring_context::deliver(const ready_item& item) {
  if (item.more) {
    table_->at(item.id).done(item.value);
    return;
  }
  op_table::callback done = table_->close(item.id);
  done(item.value);
}

}  // namespace wf::io
