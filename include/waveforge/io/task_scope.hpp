#pragma once

#include <list>
#include <memory>

#include "waveforge/io/notifier.hpp"
#include "waveforge/io/task.hpp"

namespace wf::io {

/// The only way to start a coroutine that nobody awaits. Counts its children, refuses new ones after close(), cancels
/// with one signal per child (two coroutines on one cancellation_signal is a use-after-free in Boost 1.81), and must be
/// empty when it is destroyed.
///
/// Children run with throw_if_cancelled(false): a cancelled operation returns -ECANCELED and the child goes on to its
/// end. An exception that leaves a child is our own mistake and ends the process through WF_CHECK. Loop's thread only,
/// except where it says otherwise.
class task_scope {
 public:
  explicit task_scope(ring_context& context) noexcept;
  ~task_scope();
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;

  /// Start `work` on the scope's ring; it first runs after the caller suspends. False: the scope is closed and the
  /// child was not started.
  [[nodiscard]] bool spawn(task<void> work);
  /// Stop accepting, cancel every child, wait for the last one, whether or not the caller is cancelled itself. May be
  /// called again. Not to be awaited by one of the children.
  [[nodiscard]] task<void> close();
  /// Stop accepting and wait for the last one, without cancelling, at most until `until`. False: some still run.
  [[nodiscard]] task<bool> join(deadline until);
  /// Cancel what runs now; later children are not affected. A child that has not run yet begins and finds itself
  /// cancelled.
  void cancel_all();
  /// Stop accepting.
  void refuse() noexcept { closed_ = true; }

  [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  struct child;
  struct child_ended;
  using child_list = std::list<std::unique_ptr<child>>;

  void launch(child& self, task<void> work);
  static task<void> run_child(child& self, task<void> work);
  void ended(child& self);

  ring_context& context_;
  child_list children_;
  notifier emptied_;
  bool closed_{false};
};

}  // namespace wf::io
