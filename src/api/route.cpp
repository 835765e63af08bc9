#include "waveforge/api/route.hpp"

#include <algorithm>
#include <array>

#include "waveforge/api/handlers.hpp"

namespace wf::api {

namespace {

using http::method;

// Rows of one address stand together; Allow lists their methods in this order.
constexpr std::array table{
    route{place::session_chunks, method::post, handlers::create_chunk, true},
    route{place::session_chunk, method::head, handlers::head_chunk, true},
    route{place::session_chunk, method::patch, handlers::patch_chunk, true},
    route{place::session_chunk, method::delete_, handlers::delete_chunk, true},
    route{place::session, method::delete_, handlers::cancel},
    route{place::session_status, method::get, handlers::session_status},
    route{place::session_status, method::head, handlers::session_status},
    route{place::session_assemble, method::post, handlers::assemble},
    route{place::session_recording, method::get, handlers::recording},
    route{place::session_recording, method::head, handlers::recording},
    route{place::session_events, method::get, handlers::events},
    route{place::session_list, method::get, handlers::list},
    route{place::session_list, method::head, handlers::list},
    route{place::tus_collection, method::post, handlers::tus_create, true},
    route{place::tus_upload, method::get, handlers::recording},
    route{place::tus_upload, method::head, handlers::tus_head, true},
    route{place::tus_upload, method::patch, handlers::tus_patch, true},
    route{place::tus_upload, method::delete_, handlers::tus_delete, true},
    route{place::upload_chunk, method::post, handlers::upload_chunk},
    route{place::recording_complete, method::post, handlers::recording_complete},
    route{place::health, method::get, handlers::health},
    route{place::health, method::head, handlers::health},
    route{place::ready, method::get, handlers::ready},
    route{place::ready, method::head, handlers::ready},
    route{place::metrics, method::get, handlers::metrics},
    route{place::metrics, method::head, handlers::metrics},
    route{place::version, method::get, handlers::version},
    route{place::version, method::head, handlers::version},
    route{place::page, method::get, handlers::page},
    route{place::page, method::head, handlers::page},
};

/// Splits "a/b" at the first slash; without one everything is the first part.
struct split {
  std::string_view first;
  std::optional<std::string_view> rest;
};
[[nodiscard]] split cut(std::string_view path) noexcept {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {path, std::nullopt};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

/// What follows `base` and a slash; "" for the base itself, nullopt for another path.
[[nodiscard]] std::optional<std::string_view> below(std::string_view path, std::string_view base) noexcept {
  if (!path.starts_with(base)) return std::nullopt;
  path.remove_prefix(base.size());
  if (path.empty()) return path;
  if (path.front() != '/') return std::nullopt;
  return path.substr(1);
}

struct named_place {
  std::string_view name;
  place where;
};
constexpr std::array session_parts{
    named_place{"chunks", place::session_chunks},     named_place{"status", place::session_status},
    named_place{"assemble", place::session_assemble}, named_place{"recording", place::session_recording},
    named_place{"events", place::session_events},
};
constexpr std::array whole_paths{
    named_place{"/upload/chunk", place::upload_chunk},
    named_place{"/recording/complete", place::recording_complete},
    named_place{"/health", place::health},
    named_place{"/ready", place::ready},
    named_place{"/metrics", place::metrics},
    named_place{"/version", place::version},
};

[[nodiscard]] std::optional<address> find_in_session(std::string_view rest) noexcept {
  const auto [id, tail] = cut(rest);
  if (!tail.has_value() || tail->empty()) return address{place::session, id, {}};
  const auto [part, chunk] = cut(*tail);
  const auto found = std::find_if(session_parts.begin(), session_parts.end(),
                                  [&](const named_place& each) { return each.name == part; });
  if (found == session_parts.end()) return std::nullopt;
  if (!chunk.has_value() || chunk->empty()) return address{found->where, id, {}};
  if (found->where != place::session_chunks) return std::nullopt;
  const auto [index, more] = cut(*chunk);
  if (index.empty() || (more.has_value() && !more->empty())) return std::nullopt;
  return address{place::session_chunk, id, index};
}

[[nodiscard]] bool is_possible(const route& row, const store::capabilities& can) noexcept {
  if (row.verb == method::delete_ && !can.can_delete) return false;
  return row.where != place::upload_chunk || can.can_replace;
}

}  // namespace

surface surface_of(place where) noexcept {
  switch (where) {
    case place::session_chunks:
    case place::session_chunk:
    case place::session:
    case place::session_status:
    case place::session_assemble:
    case place::session_recording:
    case place::session_events: return surface::session;
    case place::tus_collection:
    case place::tus_upload: return surface::tus;
    case place::upload_chunk:
    case place::recording_complete: return surface::fallback;
    case place::session_list:
    case place::health:
    case place::ready:
    case place::metrics:
    case place::version:
    case place::page:
    case place::server: return surface::operations;
  }
  return surface::operations;
}

bool speaks_tus(place where) noexcept {
  return where == place::session_chunks || where == place::session_chunk || surface_of(where) == surface::tus;
}

bool is_probe(place where) noexcept {
  return where == place::health || where == place::ready;
}

std::optional<address> find_address(std::string_view path, std::string_view tus_base) noexcept {
  if (path == "*") return address{place::server, {}, {}};
  if (const auto rest = below(path, "/files"); rest.has_value()) {
    if (rest->empty()) return address{place::session_list, {}, {}};
    return find_in_session(*rest);
  }
  if (const auto rest = below(path, tus_base); rest.has_value()) {
    if (rest->empty()) return address{place::tus_collection, {}, {}};
    const auto [id, more] = cut(*rest);
    if (id.empty() || (more.has_value() && !more->empty())) return std::nullopt;
    return address{place::tus_upload, id, {}};
  }
  const std::string_view plain = path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  for (const named_place& each : whole_paths) {
    if (each.name == plain) return address{each.where, {}, {}};
  }
  return address{place::page, {}, {}};
}

std::span<const route> all_routes() noexcept {
  return table;
}

const route* find_route(place where, http::method verb, const store::capabilities& can) noexcept {
  for (const route& row : table) {
    if (row.where == where && row.verb == verb && is_possible(row, can)) return &row;
  }
  return nullptr;
}

std::string allowed_methods(place where, const store::capabilities& can) {
  std::string allow;
  if (where == place::server) allow = "GET, HEAD, POST, PATCH, DELETE, ";
  for (const route& row : table) {
    if (row.where == where && is_possible(row, can)) allow.append(http::name_of(row.verb)).append(", ");
  }
  return allow + "OPTIONS";
}

}  // namespace wf::api
