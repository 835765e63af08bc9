#include "waveforge/api/cors.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace wf::api {

namespace {

constexpr std::string_view methods{"GET, POST, PATCH, HEAD, DELETE, OPTIONS"};

// What tus clients, Uppy and our own page send. "*" would not cover Authorization.
constexpr std::string_view request_fields{
    "Authorization, Content-Type, Tus-Resumable, Upload-Length, Upload-Defer-Length, Upload-Offset, Upload-Metadata, "
    "Upload-Concat, Upload-Checksum, Upload-Complete, Upload-Draft-Interop-Version, X-HTTP-Method-Override, "
    "X-Requested-With, X-Request-ID, Idempotency-Key, Content-Digest, Repr-Digest, Want-Repr-Digest, If-None-Match, "
    "If-Range, Range, Last-Event-ID"};

constexpr std::string_view response_fields{
    "Location, Upload-Offset, Upload-Length, Upload-Defer-Length, Upload-Metadata, Upload-Expires, Upload-Concat, "
    "Upload-Complete, Upload-Limit, Upload-Draft-Interop-Version, Tus-Resumable, Tus-Version, Tus-Extension, "
    "Tus-Max-Size, Tus-Checksum-Algorithm, Retry-After, X-Request-ID, Repr-Digest, ETag, Content-Range, "
    "Accept-Ranges, Content-Disposition"};

// A day; browsers cap it lower.
constexpr std::string_view remember_seconds{"86400"};

struct origin_choice {
  std::string_view origin;
  bool anyone;  ///< allowed by "*" alone: no credentials
};

[[nodiscard]] std::optional<origin_choice> allowed_origin(const http::field_list& fields,
                                                          std::span<const std::string> allowed) {
  const auto origin = fields.find("Origin");
  if (!origin.has_value() || origin->empty()) return std::nullopt;
  if (std::find(allowed.begin(), allowed.end(), *origin) != allowed.end()) return origin_choice{*origin, false};
  if (std::find(allowed.begin(), allowed.end(), "*") != allowed.end()) return origin_choice{*origin, true};
  return std::nullopt;
}

}  // namespace

void tell_origin(reply& answer, const http::field_list& fields, std::span<const std::string> allowed) {
  if (allowed.empty()) return;
  // Also where there is no Origin: a cache must not hand that answer to a page.
  answer.set("Vary", "Origin");
  const auto chosen = allowed_origin(fields, allowed);
  if (!chosen.has_value()) return;
  answer.set("Access-Control-Allow-Origin", std::string{chosen->anyone ? "*" : chosen->origin});
  if (!chosen->anyone) answer.set("Access-Control-Allow-Credentials", "true");
  answer.set("Access-Control-Expose-Headers", std::string{response_fields});
}

void answer_preflight(reply& answer, const http::field_list& fields, std::span<const std::string> allowed) {
  if (!fields.contains("Access-Control-Request-Method") || !allowed_origin(fields, allowed).has_value()) return;
  answer.set("Access-Control-Allow-Methods", std::string{methods});
  answer.set("Access-Control-Allow-Headers", std::string{request_fields});
  answer.set("Access-Control-Max-Age", std::string{remember_seconds});
}

}  // namespace wf::api
