#include "waveforge/io/notifier.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cerrno>

#include "await.hpp"
#include "waveforge/base/check.hpp"

namespace wf::io {

notifier::~notifier() {
  WF_CHECK(waiters_.empty());
}

std::uint64_t notifier::ticket() const noexcept {
  const std::lock_guard lock{mutex_};
  return sequence_;
}

op_id notifier::enlist(ring_context& ring, std::uint64_t seen, deadline until,
                       unique_function<void(std::int32_t)> done) {
  const std::lock_guard lock{mutex_};
  const op_id id = ring.start_external(until, std::move(done));
  if (sequence_ != seen) {
    (void)ring.complete_external(id, 0);
  } else {
    waiters_.push_back({&ring, id});
  }
  return id;
}

void notifier::dismiss(ring_context& ring, op_id id) noexcept {
  // Taken even by a waiter that was notified and is not listed any more: notify_all has let go of this object then, and
  // the waiter's owner may destroy it.
  const std::lock_guard lock{mutex_};
  std::erase_if(waiters_, [&](const waiter& one) { return one.ring == &ring && one.id == id; });
}

task<std::int32_t> notifier::wait(std::uint64_t seen, deadline until) {
  const ring_executor executor = co_await asio::this_coro::executor;
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return -ECANCELED;
  ring_context& ring = executor.context();
  op_id id;
  auto ended = suspended_cancellable(ring, [&](auto done) { return id = enlist(ring, seen, until, std::move(done)); });
  const std::int32_t value = co_await std::move(ended);
  dismiss(ring, id);
  co_return value;
}

task<void> notifier::wait_uninterrupted(std::uint64_t seen) {
  const ring_executor executor = co_await asio::this_coro::executor;
  ring_context& ring = executor.context();
  op_id id;
  auto ended = suspended([&](auto done) { return id = enlist(ring, seen, deadline::never(), std::move(done)); });
  const std::int32_t value = co_await std::move(ended);
  (void)value;
  dismiss(ring, id);
}

void notifier::notify_all() noexcept {
  // The rings are woken after the lock, which is the first thing a waiter takes. They, not this object, live until
  // then.
  boost::container::small_vector<ring_context::wake_up, 4> asleep;
  // Posted under the lock: a waiter that gives up meanwhile, and its ring, wait in dismiss until its id was used.
  const std::lock_guard lock{mutex_};
  ++sequence_;
  for (const waiter& one : waiters_) {
    if (one.ring->running_here()) {
      (void)one.ring->complete_external(one.id, 0);
    } else {
      asleep.push_back(
          one.ring->post_quietly([ring = one.ring, id = one.id] { (void)ring->complete_external(id, 0); }));
    }
  }
  waiters_.clear();
}

}  // namespace wf::io
