#include "waveforge/io/task.hpp"

#include <cerrno>

#include "await.hpp"

namespace wf::io {

namespace {

constexpr auto none = asio::cancellation_type::none;

/// Posts the end of a run_on to the ring that waits, even when `target` drops the function unrun.
class homecoming {
 public:
  homecoming(ring_context& home, op_id id) noexcept : home_(&home), id_(id) {}
  homecoming(homecoming&& other) noexcept : home_(std::exchange(other.home_, nullptr)), id_(other.id_) {}
  homecoming& operator=(homecoming&&) = delete;
  ~homecoming() {
    if (home_ == nullptr) return;
    home_->post([home = home_, id = id_] { (void)home->complete_external(id, 0); });
  }

 private:
  ring_context* home_;
  op_id id_;
};

}  // namespace

task<std::int32_t> perform(operation op, deadline until) {
  const ring_executor executor = co_await asio::this_coro::executor;
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != none) co_return -ECANCELED;
  ring_context& ring = executor.context();
  auto ended = suspended_cancellable(
      ring, [&ring, &op, until](auto done) { return ring.start(std::move(op), until, std::move(done)); });
  const std::int32_t value = co_await std::move(ended);
  co_return value;
}

task<std::int32_t> perform_uninterrupted(operation op) {
  const ring_executor executor = co_await asio::this_coro::executor;
  ring_context& ring = executor.context();
  auto ended =
      suspended([&ring, &op](auto done) { return ring.start(std::move(op), deadline::never(), std::move(done)); });
  const std::int32_t value = co_await std::move(ended);
  co_return value;
}

task<std::int32_t> sleep_until(deadline until) {
  const ring_executor executor = co_await asio::this_coro::executor;
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != none) co_return -ECANCELED;
  ring_context& ring = executor.context();
  auto ended =
      suspended_cancellable(ring, [&ring, until](auto done) { return ring.start_external(until, std::move(done)); });
  const std::int32_t value = co_await std::move(ended);
  co_return value;
}

task<void> yield() {
  const ring_executor executor = co_await asio::this_coro::executor;
  ring_context& ring = executor.context();
  auto ended = suspended([&ring](auto done) {
    ring.post([done = std::move(done)]() mutable { done(0); });
    return op_id{};
  });
  const std::int32_t value = co_await std::move(ended);
  (void)value;
}

task<void> run_on(ring_context& target, unique_function<void()> work) {
  const ring_executor executor = co_await asio::this_coro::executor;
  ring_context& home = executor.context();
  auto ended = suspended([&home, &target, &work](auto done) {
    const op_id id = home.start_external(deadline::never(), std::move(done));
    target.post([work = std::move(work), back = homecoming{home, id}]() mutable { work(); });
    return id;
  });
  const std::int32_t value = co_await std::move(ended);
  (void)value;
}

}  // namespace wf::io
