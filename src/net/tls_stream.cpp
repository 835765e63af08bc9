#include "waveforge/net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "waveforge/base/limits.hpp"

namespace wf::net {

namespace {

/// The largest record, with its overhead (RFC 8446 5.2): so much may have been taken from the socket of a record whose
/// end has not come.
constexpr std::uint32_t record_bytes_max = 16'384 + 256 + 5;
/// Encrypted and sent at a time.
constexpr std::size_t send_piece_bytes = 64 * 1024;

/// What OpenSSL reads from: the socket, through the narrow interface to the world.
int read_socket(BIO* source, char* into, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(source);
  auto* socket = static_cast<io::socket*>(BIO_get_data(source));
  const auto received = socket->receive_now(std::as_writable_bytes(std::span{into, size}));
  if (!received) return 0;
  if (!received->has_value()) {
    BIO_set_retry_read(source);
    return 0;
  }
  *got = **received;
  return *got > 0 ? 1 : 0;
}

long control_socket(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "waveforge socket");
    if (made == nullptr) throw std::bad_alloc{};
    BIO_meth_set_read_ex(made, read_socket);
    BIO_meth_set_ctrl(made, control_socket);
    return made;
  }();
  return method;
}

}  // namespace

void tls_stream::forget::operator()(SSL* session) const noexcept {
  SSL_free(session);
}

tls_stream::tls_stream(io::socket socket, const tls_context& context)
    : socket_(std::move(socket)), session_(SSL_new(context.get())) {
  BIO* input = BIO_new(socket_method());
  BIO* output = BIO_new(BIO_s_mem());
  if (!session_ || input == nullptr || output == nullptr) {
    BIO_free(input);
    BIO_free(output);
    throw std::bad_alloc{};
  }
  BIO_set_data(input, &socket_);
  BIO_set_init(input, 1);
  SSL_set_bio(session_.get(), input, output);
  SSL_set_accept_state(session_.get());
}

tls_stream::~tls_stream() = default;

/// What a call of OpenSSL that returned `returned` came to.
tls_stream::step tls_stream::judge(int returned) noexcept {
  output_waits_ = BIO_ctrl_pending(SSL_get_wbio(session_.get())) > 0;
  if (returned > 0) return step::done;
  const int reason = SSL_get_error(session_.get(), returned);
  ERR_clear_error();
  switch (reason) {
    case SSL_ERROR_WANT_READ: return step::wants_input;
    case SSL_ERROR_ZERO_RETURN: return step::finished;
    default: return step::broken;
  }
}

std::string tls_stream::take_output() {
  BIO* output = SSL_get_wbio(session_.get());
  std::string bytes(BIO_ctrl_pending(output), '\0');
  std::size_t got = 0;
  if (!bytes.empty()) static_cast<void>(BIO_read_ex(output, bytes.data(), bytes.size(), &got));
  bytes.resize(got);
  output_waits_ = false;
  return bytes;
}

io::task<result<void>> tls_stream::flush(steady_time::duration patience) {
  if (!output_waits_) co_return result<void>{};
  auto bytes = std::make_shared<std::string>(take_output());
  const auto view = std::as_bytes(std::span{*bytes});
  co_return co_await socket_.send_all(view, std::move(bytes), patience);
}

io::task<result<void>> tls_stream::open(io::deadline until) {
  for (;;) {
    ERR_clear_error();
    const step after = judge(SSL_do_handshake(session_.get()));
    auto flushed = co_await flush(limits::head_timeout);
    if (!flushed) co_return flushed;
    if (after == step::done) co_return result<void>{};
    if (after != step::wants_input) co_return fail(errc::peer_gone, "The TLS handshake failed.");
    auto ready = co_await socket_.wait_readable(1, until);
    if (!ready) co_return fail(std::move(ready.error()));
    if (!*ready) co_return fail(errc::timed_out, "The TLS handshake took too long.");
  }
}

io::task<result<bool>> tls_stream::wait_readable(std::uint32_t low_water, io::deadline until) {
  // Some of what is waited for may be inside already, in a record whose end has not come.
  const std::uint32_t mark = low_water > record_bytes_max ? low_water - record_bytes_max : 1;
  while (SSL_pending(session_.get()) == 0) {
    ERR_clear_error();
    char byte = 0;
    const step after = judge(SSL_peek(session_.get(), &byte, 1));
    auto flushed = co_await flush(limits::send_timeout);
    if (!flushed) co_return fail(std::move(flushed.error()));
    if (after != step::wants_input) co_return true;
    auto ready = co_await socket_.wait_readable(mark, until);
    if (!ready || !*ready) co_return ready;
  }
  co_return true;
}

result<std::optional<std::size_t>> tls_stream::receive_now(std::span<std::byte> into) noexcept {
  std::size_t total = 0;
  while (total < into.size()) {
    ERR_clear_error();
    std::size_t got = 0;
    const step after = judge(SSL_read_ex(session_.get(), into.data() + total, into.size() - total, &got));
    total += got;
    if (after == step::done) continue;
    if (total > 0) break;  // what ended it will be said again
    if (after == step::wants_input) return std::nullopt;
    if (after == step::finished) return std::size_t{0};
    return fail(errc::peer_gone, "The TLS connection broke.");
  }
  return total;
}

std::uint32_t tls_stream::readable_bytes() const noexcept {
  const auto inside = static_cast<std::uint32_t>(SSL_pending(session_.get()));
  if (inside == 0) return 0;
  // What lies in the socket may end in the middle of a record, of which nothing can be had before its end.
  const std::uint32_t outside = socket_.world().readable_bytes(socket_.number());
  return inside + (outside > record_bytes_max ? outside - record_bytes_max : 0);
}

bool tls_stream::has_input() const noexcept {
  return SSL_pending(session_.get()) > 0 || socket_.world().readable_bytes(socket_.number()) > 0;
}

io::task<result<void>> tls_stream::send_all(std::span<const std::byte> from, std::shared_ptr<void>,
                                            steady_time::duration patience) {
  while (!from.empty()) {
    const std::size_t size = std::min(from.size(), send_piece_bytes);
    ERR_clear_error();
    std::size_t written = 0;
    if (judge(SSL_write_ex(session_.get(), from.data(), size, &written)) != step::done) {
      co_return fail(errc::peer_gone, "The TLS connection broke.");
    }
    from = from.subspan(written);
    auto flushed = co_await flush(patience);
    if (!flushed) co_return flushed;
  }
  co_return result<void>{};
}

io::task<void> tls_stream::finish_sending() {
  ERR_clear_error();
  static_cast<void>(judge(SSL_shutdown(session_.get())));
  const auto flushed = co_await flush(limits::drain_quiet_timeout);
  static_cast<void>(flushed);  // a peer that is gone needs no farewell
  co_await socket_.finish_sending();
}

}  // namespace wf::net
