#include "waveforge/net/service.hpp"

#include <array>
#include <optional>
#include <utility>

#include "waveforge/net/crew.hpp"

namespace wf::net {

namespace {

/// Above the bound a few get an answer; the rest are closed without one, so that refusing stays cheap.
constexpr std::size_t turned_away_max = 64;
/// After a failed accept: a lasting failure must not become a busy loop.
constexpr auto accept_pause = std::chrono::milliseconds{100};
/// Time for a cut body to be settled: a last piece to disk and the round that promises it.
constexpr auto settle_span = limits::settle_timeout;

constexpr std::string_view busy_answer{
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"};

constexpr std::string_view head_verb{"HEAD "};

/// An address as `local_address` writes it.
bool is_loopback(std::string_view address) noexcept {
  return address.starts_with("127.") || address.starts_with("[::1]:");
}

}  // namespace

std::unique_ptr<stream> make_plain_stream(arrival from, io::worker&) {
  return std::make_unique<plain_stream>(io::socket{std::move(from.fd)});
}

service::service(surroundings around, crew& everyone, stream_factory streams)
    : around_(around),
      crew_(everyone),
      streams_(std::move(streams)),
      accepting_(around.on.ring),
      serving_(around.on.ring) {}

service::~service() = default;

void service::listen(io::acceptor from, bool tls) {
  // Refused only while draining, and then nothing is to be accepted.
  static_cast<void>(accepting_.spawn(accept_all(std::move(from), tls)));
}

io::task<void> service::accept_all(io::acceptor from, bool tls) {
  std::optional<bool> nearby;
  while (!accepting_.closed()) {
    auto fd = co_await from.accept();
    if (!fd) {
      if (fd.error().code == errc::timed_out) co_return;
      around_.log.warn("accept_failed", {{"why", std::string_view{fd.error().detail}}});
      static_cast<void>(co_await io::sleep_until(around_.on.ring.after(accept_pause)));
      continue;
    }
    around_.numbers.add(counter::connections_accepted);
    if (!nearby) nearby = is_loopback(fd->world().local_address(from.number()).value_or(""));
    arrival next{std::move(*fd), tls, *nearby};
    if (crew_.admit()) {
      crew_.place(*this, std::move(next));
    } else {
      around_.numbers.add(counter::connections_refused);
      if (turned_away_ < turned_away_max) static_cast<void>(serving_.spawn(turn_away(std::move(next))));
    }
  }
}

void service::adopt(arrival from) {
  if (!serving_.spawn(serve(std::move(from)))) crew_.dismiss(*this);
}

io::task<void> service::serve(arrival from) {
  around_.numbers.shift(gauge::connections_open, 1);
  io::peer_address peer = from.fd.world().peer_of(from.fd.number());
  // A proxy on this machine carries strangers' requests, too, and asks whichever listener it was told.
  peer.loopback = peer.loopback && from.nearby;
  if (!peer.unix_socket) from.fd.world().set_no_delay(from.fd.number());
  const bool tls = from.tls;
  connection one{around_, streams_(std::move(from), around_.on), std::move(peer), tls};
  const auto place = open_.insert(open_.end(), &one);
  if (draining_) one.begin_drain();
  co_await one.run();
  open_.erase(place);
  crew_.dismiss(*this);
  around_.numbers.shift(gauge::connections_open, -1);
}

/// 503 in plain text: a TLS peer would not understand it, and its handshake is not paid for. A HEAD is closed without
/// an answer: a client that resumes takes 5xx for the loss of its upload, and asks again when the connection ends.
io::task<void> service::turn_away(arrival from) {
  if (from.tls) co_return;
  ++turned_away_;
  io::socket socket{std::move(from.fd)};
  static_cast<void>(co_await socket.wait_readable(1, around_.on.ring.after(around_.times.linger_quiet)));
  std::array<char, head_verb.size()> verb{};
  const auto begun = socket.receive_now(std::as_writable_bytes(std::span{verb}));
  const bool head = begun && *begun && std::string_view{verb.data(), **begun} == head_verb;
  const auto bytes = std::as_bytes(std::span{busy_answer});
  result<void> sent = fail(errc::unavailable);
  if (!head) sent = co_await socket.send_all(bytes, nullptr, around_.times.linger_quiet);
  if (sent) {
    co_await socket.finish_sending();
    static_cast<void>(
        co_await socket.wait_readable(limits::head_bytes_max, around_.on.ring.after(around_.times.linger_quiet)));
  }
  co_await socket.close();
  --turned_away_;
}

io::task<void> service::drain(steady_time::duration patience) {
  draining_ = true;
  co_await accepting_.close();
  const io::deadline until = around_.on.ring.after(patience);
  for (connection* one : open_) one->begin_drain();
  const bool ended = co_await serving_.join(until);
  if (!ended) {
    around_.log.info("drain_cut", {{"connections", std::uint64_t{open_.size()}}});
    for (connection* one : open_) one->cut();
    static_cast<void>(co_await serving_.join(around_.on.ring.after(settle_span)));
  }
  co_await serving_.close();
}

}  // namespace wf::net
