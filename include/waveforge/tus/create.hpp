#pragma once

#include <cstdint>
#include <optional>

#include "waveforge/base/error.hpp"
#include "waveforge/tus/upload_state.hpp"

namespace wf::tus {

/// What a POST brings along, already parsed.
struct create_request {
  std::optional<std::uint64_t> length_bytes{};      ///< Upload-Length
  bool length_deferred{false};                      ///< Upload-Defer-Length: 1
  upload_role role{upload_role::single};            ///< from Upload-Concat
  bool has_body{false};                             ///< Content-Length above 0, or chunked
  std::optional<std::uint64_t> body_bytes{};        ///< Content-Length; nullopt when chunked
  bool body_is_offset_stream{false};                ///< Content-Type: application/offset+octet-stream
  std::optional<std::uint64_t> length_bytes_max{};  ///< the surface's limit; nullopt: none
};

enum class create_verdict : std::uint8_t {
  create,
  length_missing,    ///< neither Upload-Length nor Upload-Defer-Length
  length_twice,      ///< both
  length_too_large,  ///< over the surface's limit
  body_wrong_type,   ///< a body that is not application/offset+octet-stream
  body_too_long,     ///< Content-Length beyond Upload-Length, or beyond the limit where the length is deferred
  final_has_length,  ///< a final upload takes its length from its parts
  final_has_body,
};

/// tus 1.0.0, Creation, Creation With Upload, Creation Defer Length, Concatenation. Pure.
[[nodiscard]] constexpr create_verdict judge_create(const create_request& request) noexcept {
  if (request.role == upload_role::final_) {
    if (request.length_bytes || request.length_deferred) return create_verdict::final_has_length;
    return request.has_body ? create_verdict::final_has_body : create_verdict::create;
  }
  if (request.length_bytes && request.length_deferred) return create_verdict::length_twice;
  if (!request.length_bytes && !request.length_deferred) return create_verdict::length_missing;
  const auto most = request.length_bytes_max;
  if (request.length_bytes && most && *request.length_bytes > *most) return create_verdict::length_too_large;
  if (!request.has_body) return create_verdict::create;
  if (!request.body_is_offset_stream) return create_verdict::body_wrong_type;
  const auto room = request.length_bytes ? request.length_bytes : most;
  if (request.body_bytes && room && *request.body_bytes > *room) return create_verdict::body_too_long;
  return create_verdict::create;
}

/// Every verdict but `create` as an `error` with a sentence.
[[nodiscard]] error explain(create_verdict why, const create_request& request);

/// A chunk that is created again: browsers re-send a POST by themselves when a reused connection dies.
struct chunk_repeat {
  std::optional<std::uint64_t>
      known_length_bytes{};                     ///< of the chunk that is there; nullopt: deferred and not yet told
  std::optional<std::uint64_t> length_bytes{};  ///< of this request; nullopt: deferred
};

enum class repeat_verdict : std::uint8_t {
  same,          ///< 201 again, with the present offset
  tells_length,  ///< the same chunk, whose deferred length is now told
  conflict,      ///< another length: another recording's chunk, or a client that lost count
};

/// Creating is idempotent while the lengths agree. A repeat that defers a length already known changes nothing.
[[nodiscard]] constexpr repeat_verdict judge_repeat(const chunk_repeat& repeat) noexcept {
  if (!repeat.length_bytes || repeat.length_bytes == repeat.known_length_bytes) return repeat_verdict::same;
  return repeat.known_length_bytes ? repeat_verdict::conflict : repeat_verdict::tells_length;
}

static_assert(judge_create({}) == create_verdict::length_missing);
static_assert(judge_create({.length_bytes = 0}) == create_verdict::create);
static_assert(judge_create({.length_deferred = true}) == create_verdict::create);
static_assert(judge_create({.length_bytes = 5, .length_deferred = true}) == create_verdict::length_twice);
static_assert(judge_create({.length_bytes = 6, .length_bytes_max = 5}) == create_verdict::length_too_large);
static_assert(judge_create({.length_bytes = 5, .has_body = true}) == create_verdict::body_wrong_type);

}  // namespace wf::tus
