#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "waveforge/io/operation.hpp"
#include "waveforge/io/ring_context.hpp"

namespace wf::io {

/// What a function that suspends returns. Await it in the expression that made it, or hand it to a task_scope.
template <typename T>
using task = asio::awaitable<T, ring_executor>;

inline constexpr asio::use_awaitable_t<ring_executor> use_task{};

/// Start `op` on the ring of the calling coroutine and wait for its (single) completion. Returns its value; never
/// throws, cancellation of the coroutine included: the operation is then cancelled, still awaited, and -ECANCELED
/// returned (or its result, if that came first). A coroutine that was cancelled before gets -ECANCELED and nothing is
/// started, until it calls this_coro::reset_cancellation_state.
[[nodiscard]] task<std::int32_t> perform(operation op, deadline until);

/// As perform, but neither cancellation nor time ends it: for steps that change what is on disk, and for closing.
[[nodiscard]] task<std::int32_t> perform_uninterrupted(operation op);

/// Wait. -ETIMEDOUT when the time came, -ECANCELED when cancelled before.
[[nodiscard]] task<std::int32_t> sleep_until(deadline until);

/// Let every other ready coroutine of this ring run once. Not cancelled.
[[nodiscard]] task<void> yield();

/// Continue on another ring's thread when `elsewhere` has run there: `work` is executed in `target`'s loop, then the
/// calling coroutine resumes on its own ring. For blocking reads of the facts on the reader thread. Not cancelled; what
/// `work` refers to stays alive in the caller's frame. Resumes without having run `work` when `target` has ended.
[[nodiscard]] task<void> run_on(ring_context& target, unique_function<void()> work);

/// The ring the calling coroutine runs on.
[[nodiscard]] inline task<ring_context*> this_ring() {
  const ring_executor executor = co_await asio::this_coro::executor;
  co_return &executor.context();
}

}  // namespace wf::io
