#include "waveforge/io/task_scope.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cerrno>

#include "waveforge/base/check.hpp"

namespace wf::io {

struct task_scope::child {
  explicit child(task_scope* parent) noexcept : scope(parent) {}

  task_scope* scope;
  child_list::iterator position{};
  asio::cancellation_signal signal{};
  bool begun{false};
  bool cancelled{false};

  void cancel() {
    cancelled = true;
    // Before the first step, Asio would throw in place of the child's body; it is told when it begins.
    if (begun) signal.emit(asio::cancellation_type::terminal);
  }
};

/// Completion handler of a child. It names no executor on purpose: with one, Asio 1.81 would not emit the signal but
/// post a bare pointer to it, and the child could be gone when that runs.
struct task_scope::child_ended {
  using cancellation_slot_type = asio::cancellation_slot;
  child* self;

  [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return self->signal.slot(); }
  void operator()(std::exception_ptr failure) const {
    WF_CHECK(!failure);
    self->scope->ended(*self);
  }
};

task_scope::task_scope(ring_context& context) noexcept : context_(context) {}

task_scope::~task_scope() {
  WF_CHECK(children_.empty());
}

bool task_scope::spawn(task<void> work) {
  if (closed_) return false;
  children_.push_back(std::make_unique<child>(this));
  child& self = *children_.back();
  self.position = std::prev(children_.end());
  context_.post([this, &self, work = std::move(work)]() mutable { launch(self, std::move(work)); });
  return true;
}

void task_scope::launch(child& self, task<void> work) {
  asio::co_spawn(context_.get_executor(), run_child(self, std::move(work)), child_ended{&self});
}

task<void> task_scope::run_child(child& self, task<void> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  self.begun = true;
  if (self.cancelled) self.signal.emit(asio::cancellation_type::terminal);
  co_await std::move(work);
}

void task_scope::ended(child& self) {
  // The handler that called is still inside the child's coroutine, whose frame refers to the signal.
  context_.post([finished = std::move(*self.position)] {});
  children_.erase(self.position);
  if (children_.empty()) emptied_.notify_all();
}

void task_scope::cancel_all() {
  // Emitting only asks operations to end; no child ends before its next turn, so the list does not change here.
  for (const auto& one : children_) one->cancel();
}

task<void> task_scope::close() {
  refuse();
  const bool throwing = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  cancel_all();
  while (!children_.empty()) {
    const std::uint64_t seen = emptied_.ticket();
    co_await emptied_.wait_uninterrupted(seen);
  }
  co_await asio::this_coro::throw_if_cancelled(throwing);
}

task<bool> task_scope::join(deadline until) {
  refuse();
  while (!children_.empty()) {
    const std::uint64_t seen = emptied_.ticket();
    const std::int32_t ended = co_await emptied_.wait(seen, until);
    if (ended != 0) break;
  }
  co_return children_.empty();
}

}  // namespace wf::io
