#include "waveforge/api/router.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "waveforge/api/cors.hpp"
#include "waveforge/api/digest_check.hpp"
#include "waveforge/api/discovery.hpp"
#include "waveforge/api/error_map.hpp"
#include "waveforge/base/check.hpp"
#include "waveforge/tus/header_values.hpp"
#include "waveforge/tus/metadata.hpp"
#include "waveforge/tus/method_override.hpp"

namespace wf::api {

namespace {

/// A line of the log has a bound, and who asks decides how long a path is.
constexpr std::size_t path_logged_max = 200;

/// Ids and index of the address, parsed into `now`.
[[nodiscard]] result<void> read_names(const address& at, context& now) {
  if (surface_of(at.where) == surface::session) {
    auto id = session::session_id::parse(at.id, now.set().id_format);
    if (!id) return fail(std::move(id).error());
    now.id = *id;
  }
  if (at.where == place::session_chunk) {
    const auto index = tus::parse_chunk_index(at.chunk);
    if (!index.has_value()) {
      return fail(errc::bad_request, "A chunk is addressed by its index: decimal, without leading zeros, 0 to 999999.");
    }
    now.index = *index;
  }
  if (at.where == place::tus_upload) {
    // Ids are made here, so another form was never one of ours: unknown, not malformed.
    auto id = session::session_id::parse_upload(at.id);
    if (!id) return fail(errc::not_found, "There is no upload of this name.");
    now.id = *id;
  }
  return {};
}

}  // namespace

/// Either a handler to call, or the answer.
struct router::admission {
  handle_function handle{nullptr};
  reply refusal{};
};

router::router(services with)
    : with_{std::move(with)}, creations_{with_.set.creations_per_second, with_.set.creation_burst} {
  WF_CHECK(!with_.set.tus_base_path.empty() && !with_.set.tus_base_path.ends_with('/'));
  prepare_digests();
}

router::admission router::admit(const request& what, const std::optional<address>& at, context& now) const {
  now.origin = judge_origin(what.head, what.peer, what.tls, with_.set.trusted_proxies);
  if (!(at.has_value() && is_probe(at->where)) && !may_be_served(now.origin, what.peer, with_.set.allow_plain_http)) {
    return {nullptr, problem({errc::https_required, "HTTPS required: send this request over TLS.", 0})};
  }
  if (at.has_value() && at->where == place::page && with_.pages) now.found = with_.pages(what.head.path());
  if (!at.has_value() || (at->where == place::page && !now.found.has_value())) {
    return {nullptr, problem({errc::not_found, "There is nothing at this address.", 0})};
  }
  if (speaks_tus(at->where)) {
    const auto verb = tus::effective_method(now.verb, now.fields().find("X-HTTP-Method-Override"));
    if (!verb) return {nullptr, method_unknown()};
    now.verb = *verb;
  }
  if (now.verb == http::method::options) return {nullptr, discover(at->where, with_, now.fields())};
  const store::capabilities can = with_.data.can();
  const route* row = find_route(at->where, now.verb, can);
  if (row == nullptr) return {nullptr, method_not_allowed(allowed_methods(at->where, can))};
  if (row->needs_version) {
    const auto version = now.fields().only("Tus-Resumable");
    const auto verdict = version ? tus::judge_version(*version) : tus::version_verdict::unsupported;
    if (verdict != tus::version_verdict::supported) return {nullptr, problem(tus::explain(verdict))};
  }
  if (auto named = read_names(*at, now); !named) return {nullptr, problem(named.error())};
  return {row->handle, {}};
}

io::task<reply> router::handle(const request& what) {
  const auto at = find_address(what.head.path(), with_.set.tus_base_path);
  context now{.from = what, .with = with_, .creations = creations_, .verb = what.head.verb()};
  admission admitted = admit(what, at, now);
  reply answer = std::move(admitted.refusal);
  if (admitted.handle != nullptr) answer = co_await admitted.handle(now);
  if (!answer.silent) dress_for(now.verb, at, what.head, answer);
  note(what, answer);
  co_return answer;
}

void router::dress(const http::request_head& head, reply& answer) const {
  dress_for(head.verb(), find_address(head.path(), with_.set.tus_base_path), head, answer);
}

void router::dress_for(http::method verb, const std::optional<address>& at, const http::request_head& head,
                       reply& answer) const {
  // Whoever speaks tus is answered in tus, wherever the request went.
  const bool tus = (at.has_value() && speaks_tus(at->where)) || head.fields().count("Tus-Resumable") != 0;
  if (tus && verb != http::method::options) answer.set("Tus-Resumable", std::string{tus::protocol_version});
  tell_origin(answer, head.fields(), with_.set.cors_origins);
  // net leaves bodies out for HEAD; it does not know of a HEAD that came as a POST.
  if (verb == http::method::head && head.verb() != http::method::head) answer.body = std::monostate{};
}

void router::note(const request& what, const reply& answer) const {
  if (answer.silent || !is_our_fault(answer.status)) return;
  with_.log.fault("request_failed", {{"method", what.head.verb_text()},
                                     {"path", what.head.path().substr(0, path_logged_max)},
                                     {"status", std::uint64_t{answer.status}},
                                     {"peer", std::string_view{what.peer.text}}});
}

}  // namespace wf::api
