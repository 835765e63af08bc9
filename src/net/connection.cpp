#include "waveforge/net/connection.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "waveforge/http/problem.hpp"
#include "waveforge/net/chunked_body.hpp"
#include "waveforge/net/head_reader.hpp"
#include "waveforge/net/plain_body.hpp"

namespace wf::net {

namespace {

api::reply problem(http::status code, std::string_view detail) {
  api::reply answer;
  answer.status = http::to_number(code);
  answer.close = true;
  answer.set("Content-Type", std::string{http::problem_media_type});
  answer.body = http::problem_writer{code, "", detail}.finish();
  return answer;
}

}  // namespace

connection::connection(surroundings& around, std::unique_ptr<stream> channel, io::peer_address peer, bool tls)
    : around_(around), channel_(std::move(channel)), peer_(std::move(peer)), sender_(*channel_, around), tls_(tls) {}

io::task<void> connection::run() {
  auto opened = co_await channel_->open(around_.on.ring.after(around_.times.head));
  next then = opened ? next::request : next::drop;
  while (then == next::request) {
    const bool pipelined = !held_.empty();
    const bool wanted = pipelined ? !draining_ : co_await await_request();
    if (!wanted) break;
    then = co_await serve_one(!pipelined);
  }
  if (then == next::close) co_await linger();
  co_await channel_->close();
}

/// True: something came. Waits with nothing in hand. A draining server serves what has come: its sender was told of no
/// end, and a close would throw it away.
io::task<bool> connection::await_request() {
  if (draining_) co_return channel_->has_input();
  idle_ = true;
  auto ready = co_await channel_->wait_readable(1, around_.on.ring.after(around_.times.idle));
  idle_ = false;
  co_return ready.value_or(false) && (!draining_ || channel_->has_input());
}

io::task<connection::next> connection::serve_one(bool readable) {
  http::head_parser parser;
  const io::deadline until = around_.on.ring.after(around_.times.head);
  const head_outcome outcome = co_await read_head(*channel_, around_.on, held_, parser, readable, until);
  switch (outcome) {
    case head_outcome::complete: break;
    case head_outcome::refused: co_return co_await refuse_head(parser, parser.why());
    case head_outcome::late:
      co_return co_await refuse_head(
          parser, {http::status::request_timeout, "The request head must be complete within 10 seconds."});
    case head_outcome::ended: co_return next::drop;
  }
  co_return co_await serve(parser.head());
}

io::task<connection::next> connection::serve(http::request_head& head) {
  // The handler reads the head for as long as it works; the pooled buffer goes back before the peer is waited for.
  const std::string text{held_.text().substr(0, head.length_bytes())};
  held_.drop(head.length_bytes());
  head.rebase(text.data());
  const auto framing = http::judge_framing(head);
  if (!framing) {
    api::reply said = problem(framing.error().code, framing.error().detail);
    around_.handler.dress(head, said);
    co_return co_await refuse(std::move(said), head.verb());
  }
  const body_channel channel{*channel_, around_.on.ring, around_.times, framing->expects_continue};
  if (framing->kind == http::body_kind::chunked) {
    chunked_body body{channel, std::exchange(held_, {})};
    co_return co_await answer(head, *framing, body);
  }
  plain_body body{channel, framing->length_bytes, std::exchange(held_, {})};
  co_return co_await answer(head, *framing, body);
}

io::task<connection::next> connection::answer(const http::request_head& head, const http::body_framing& framing,
                                              connection_body& body) {
  const steady_time from = around_.on.ring.time().now();
  around_.numbers.add(counter::requests);
  api::reply said = co_await ask(head, body);
  if (said.silent) co_return next::drop;
  count(said);

  // What is in hand costs nothing to drop; for more the answer does not wait, and the connection ends with it.
  const bool whole = body.skip_in_hand();
  const bool keep = framing.keep_alive && whole && !said.close && !draining_ && !body.interrupted();
  const answer_terms terms{head.verb(), head.version_minor(), keep};
  const double took = std::chrono::duration<double>(around_.on.ring.time().now() - from).count();
  around_.numbers.observe(timing::request, took);
  if (head.verb() == http::method::head) around_.numbers.observe(timing::head_request, took);
  auto sent = co_await sender_.send(std::move(said), terms);
  if (!sent) co_return next::drop;
  if (!*sent) co_return next::close;
  held_ = body.beyond();
  co_return next::request;
}

io::task<api::reply> connection::ask(const http::request_head& head, connection_body& body) {
  body_ = &body;
  if (cut_) body.interrupt();
  std::string escaped;
  try {
    const api::request what{head, around_.on, peer_, tls_, body};
    api::reply said = co_await around_.handler.handle(what);
    body_ = nullptr;
    co_return said;
  } catch (const std::exception& thrown) {
    // Ours to repair; but one request must not take the recordings of everybody else down with it.
    escaped = thrown.what();
  }
  body_ = nullptr;
  around_.log.fault("handler_threw", {{"what", std::string_view{escaped}}, {"path", head.path()}});
  api::reply said = problem(http::status::internal_server_error, "The server made a mistake. Trying again may help.");
  around_.handler.dress(head, said);
  co_return said;
}

/// As far as the head was understood it decides how the answer looks: who speaks tus, a page from elsewhere, HEAD.
io::task<connection::next> connection::refuse_head(http::head_parser& parser, http::refusal why) {
  api::reply said = problem(why.code, why.detail);
  http::method verb = http::method::get;
  if (parser.knows_target()) {
    parser.head().rebase(held_.text().data());
    around_.handler.dress(parser.head(), said);
    verb = parser.head().verb();
  }
  return refuse(std::move(said), verb);
}

/// What cannot be understood ends the connection: where the next request begins is not known.
io::task<connection::next> connection::refuse(api::reply said, http::method verb) {
  count(said);
  const answer_terms terms{verb, 1, false};
  auto sent = co_await sender_.send(std::move(said), terms);
  co_return sent ? next::close : next::drop;
}

/// RFC 9112 9.6: closing with unread bytes resets the connection, and the reset may overtake the answer. So the peer is
/// told that we are done, and what it still sends is read and dropped, within bounds, until it closes.
io::task<void> connection::linger() {
  co_await channel_->finish_sending();
  const steady_time from = around_.on.ring.time().now();
  std::uint64_t dropped_bytes = 0;
  held_ = {};
  while (dropped_bytes < limits::drain_bytes_max) {
    // A server that is to stop waits no longer for who talks than for who is silent.
    const steady_time last = from + (draining_ ? around_.times.linger_quiet : around_.times.linger);
    const steady_time now = around_.on.ring.time().now();
    if (now >= last) co_return;  // bytes that are there already would win over any deadline
    const io::deadline until{std::min(last, now + around_.times.linger_quiet)};
    auto ready = co_await channel_->wait_readable(1, until);
    if (!ready.value_or(false)) co_return;
    const io::buffer_lease lease = co_await around_.on.heads.take(until);
    if (!lease) co_return;
    const auto got = channel_->receive_now(lease->bytes);
    if (!got || got->value_or(1) == 0) co_return;
    dropped_bytes += got->value_or(0);
  }
}

void connection::count(const api::reply& said) noexcept {
  if (api::is_our_fault(said.status)) {
    around_.numbers.add(counter::responses_5xx);
  } else if (said.status >= 400) {
    around_.numbers.add(counter::responses_4xx);
  }
}

void connection::begin_drain() noexcept {
  draining_ = true;
  if (idle_ && !channel_->has_input()) channel_->stop_receiving();
  sender_.end_streams();
}

void connection::cut() noexcept {
  begin_drain();
  cut_ = true;
  if (body_ != nullptr) {
    body_->interrupt();
  } else {
    channel_->stop_receiving();
  }
}

}  // namespace wf::net
