#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "waveforge/base/error.hpp"
#include "waveforge/tus/upload_state.hpp"

namespace wf::tus {

/// What a PATCH brings along, already parsed.
struct patch_request {
  std::optional<std::uint64_t> offset_bytes{};      ///< Upload-Offset; nullopt: not sent
  std::optional<std::uint64_t> length_bytes{};      ///< Upload-Length, where it was deferred
  std::optional<std::uint64_t> body_bytes{};        ///< Content-Length, 0 without a body; nullopt when chunked
  bool body_is_offset_stream{false};                ///< Content-Type: application/offset+octet-stream
  std::optional<std::uint64_t> length_bytes_max{};  ///< the surface's limit; nullopt: none
};

enum class patch_verdict : std::uint8_t {
  append,
  unknown,
  expired,
  cancelled,
  final_upload,  ///< tus 1.0.0, Concatenation: PATCH of a final upload is forbidden
  wrong_type,
  offset_missing,
  offset_conflict,   ///< answer with the right Upload-Offset; nothing was modified
  length_changed,    ///< once set, a length never changes
  length_too_small,  ///< told a length below what is already there
  length_too_large,
  past_length,  ///< Content-Length says the body goes past the end: refused before a byte is stored
  closed,       ///< being assembled or assembled; only an empty PATCH at the end is harmless
};

/// tus 1.0.0, PATCH and Creation Defer Length. Pure: no clock, no disk. A verdict other than `append` changes nothing.
[[nodiscard]] constexpr patch_verdict judge_patch(const upload_state& upload, const patch_request& request) noexcept {
  switch (upload.where) {
    case presence::unknown: return patch_verdict::unknown;
    case presence::expired: return patch_verdict::expired;
    case presence::cancelled: return patch_verdict::cancelled;
    case presence::live: break;
  }
  if (upload.role == upload_role::final_) return patch_verdict::final_upload;
  if (!request.body_is_offset_stream) return patch_verdict::wrong_type;
  if (!request.offset_bytes) return patch_verdict::offset_missing;
  if (*request.offset_bytes != upload.offset_bytes) return patch_verdict::offset_conflict;
  if (request.length_bytes) {
    if (upload.length_bytes && *upload.length_bytes != *request.length_bytes) return patch_verdict::length_changed;
    if (*request.length_bytes < upload.offset_bytes) return patch_verdict::length_too_small;
    if (request.length_bytes_max && *request.length_bytes > *request.length_bytes_max) {
      return patch_verdict::length_too_large;
    }
  }
  if (upload.closed && request.body_bytes != 0U) return patch_verdict::closed;
  const auto end = upload.length_bytes    ? upload.length_bytes
                   : request.length_bytes ? request.length_bytes
                                          : request.length_bytes_max;
  if (request.body_bytes && end && *request.body_bytes > *end - std::min(*end, upload.offset_bytes)) {
    return patch_verdict::past_length;
  }
  return patch_verdict::append;
}

/// How many bytes of the body may be stored; a chunked body that has more is kept up to here and then refused.
/// `length_bytes` - the length after this request's own Upload-Length was taken into account.
[[nodiscard]] constexpr std::uint64_t room_bytes(std::uint64_t offset_bytes, std::optional<std::uint64_t> length_bytes,
                                                 std::optional<std::uint64_t> length_bytes_max) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t end = length_bytes.value_or(length_bytes_max.value_or(most));
  return end - std::min(end, offset_bytes);
}

/// Every verdict but `append` as an `error` with a sentence. `upload` is what was judged.
[[nodiscard]] error explain(patch_verdict why, const upload_state& upload, const patch_request& request);

static_assert(judge_patch({.offset_bytes = 5, .length_bytes = 9},
                          {.offset_bytes = 5, .body_bytes = 4, .body_is_offset_stream = true}) ==
              patch_verdict::append);
static_assert(judge_patch({.offset_bytes = 5, .length_bytes = 9},
                          {.offset_bytes = 4, .body_bytes = 4, .body_is_offset_stream = true}) ==
              patch_verdict::offset_conflict);
static_assert(judge_patch({.offset_bytes = 5, .length_bytes = 9},
                          {.offset_bytes = 5, .body_bytes = 5, .body_is_offset_stream = true}) ==
              patch_verdict::past_length);
static_assert(room_bytes(5, 9, std::nullopt) == 4);

}  // namespace wf::tus
