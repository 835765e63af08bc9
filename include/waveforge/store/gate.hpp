#pragma once

#include <mutex>

#include "waveforge/io/notifier.hpp"

namespace wf::store {

/// Lets one coroutine at a time through, of whatever ring. Held across suspensions, unlike a mutex. Thread-safe.
class gate {
 public:
  /// Gives the way free again when it goes.
  class pass {
   public:
    explicit pass(gate& owner) noexcept : owner_(&owner) {}
    pass(pass&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    pass& operator=(pass&&) = delete;
    pass(const pass&) = delete;
    pass& operator=(const pass&) = delete;
    ~pass() {
      if (owner_ != nullptr) owner_->leave();
    }

   private:
    gate* owner_;
  };

  [[nodiscard]] io::task<pass> enter();

 private:
  void leave() noexcept;

  std::mutex mutex_;
  bool busy_{false};
  io::notifier freed_;
};

/// Run `work` to its end although the coroutine may be cancelled meanwhile: what has begun to change the disk finishes
/// the step. Cancellation works again afterwards; one that came in between is for the caller to notice (scopes say
/// closed()).
template <typename T>
[[nodiscard]] io::task<T> uninterrupted(io::task<T> work) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  T outcome = co_await std::move(work);
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_total_cancellation());
  co_return outcome;
}

}  // namespace wf::store
