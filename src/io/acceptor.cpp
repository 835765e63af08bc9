#include <cerrno>
#include <chrono>

#include "waveforge/io/socket.hpp"

namespace wf::io {

namespace {

/// Until some connection has closed; long enough not to spin, short enough that clients do not notice.
constexpr auto exhausted_wait = std::chrono::milliseconds{100};

bool exhausted(std::int32_t value) noexcept {
  return value == -EMFILE || value == -ENFILE || value == -ENOBUFS || value == -ENOMEM;
}

/// accept(2): errors already pending on the new connection are reported here and say nothing about the listener.
bool of_one_connection(std::int32_t value) noexcept {
  switch (value) {
    case -ECONNABORTED:
    case -EINTR:
    case -EAGAIN:
    case -EPROTO:
    case -EPERM:
    case -ENETDOWN:
    case -ENOPROTOOPT:
    case -EHOSTDOWN:
    case -ENONET:
    case -EHOSTUNREACH:
    case -EOPNOTSUPP:
    case -ENETUNREACH: return true;
    default: return false;
  }
}

}  // namespace

task<result<descriptor>> acceptor::accept() {
  ring_context* const ring = co_await this_ring();
  for (;;) {
    operation op;
    op.kind = op_kind::accept;
    op.fd = number();
    const std::int32_t value = co_await perform(std::move(op), deadline::never());
    if (value >= 0) co_return descriptor{fd_.world(), value};
    if (exhausted(value)) {
      const std::int32_t waited = co_await sleep_until(ring->after(exhausted_wait));
      if (waited == -ECANCELED) co_return fail(os_error(waited, "accept a connection"));
    } else if (!of_one_connection(value)) {
      co_return fail(os_error(value, "accept a connection"));
    }
  }
}

}  // namespace wf::io
