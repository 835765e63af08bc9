#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "waveforge/io/task.hpp"

/// How the io room suspends a coroutine. Everything is an async_initiate operation, since asio::awaitable of Boost 1.81
/// awaits nothing else; awaited as `deferred`, which costs no coroutine frame of its own.
namespace wf::io {

/// What a cancellation signal does to an operation. Stale after the operation has ended, and then without effect.
struct cancel_operation {
  ring_context* ring;
  op_id id;
  void operator()(asio::cancellation_type_t) const { ring->cancel(id); }
};

/// `begin(done)` starts something on the ring of the coroutine that awaits this, calls done(value) once from the loop,
/// never before it returns, and returns its id.
template <typename Begin>
[[nodiscard]] auto suspended(Begin begin) {
  return asio::async_initiate<const asio::deferred_t, void(std::int32_t)>(
      [begin = std::move(begin)](auto handler) mutable {
        (void)begin([handler = std::move(handler)](std::int32_t value) mutable { std::move(handler)(value); });
      },
      asio::deferred);
}

/// As `suspended`, and cancelled with the coroutine.
template <typename Begin>
[[nodiscard]] auto suspended_cancellable(ring_context& ring, Begin begin) {
  return asio::async_initiate<const asio::deferred_t, void(std::int32_t)>(
      [&ring, begin = std::move(begin)](auto handler) mutable {
        auto slot = asio::get_associated_cancellation_slot(handler);
        const op_id id =
            begin([handler = std::move(handler)](std::int32_t value) mutable { std::move(handler)(value); });
        if (slot.is_connected()) slot.template emplace<cancel_operation>(cancel_operation{&ring, id});
      },
      asio::deferred);
}

}  // namespace wf::io
