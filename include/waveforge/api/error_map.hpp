#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waveforge/api/reply.hpp"
#include "waveforge/base/error.hpp"
#include "waveforge/http/status.hpp"
#include "waveforge/session/index_ranges.hpp"

/// Which failure gets which status: here and nowhere else.
namespace wf::api {

/// What an answer that refuses may say beyond its sentence.
struct problem_details {
  std::optional<std::uint64_t> upload_offset_bytes{};  ///< Upload-Offset: where to go on
  std::optional<session::index_ranges> missing_chunks{};
  std::optional<std::uint64_t> retry_after_seconds{};
  std::optional<std::uint64_t> representation_bytes{};  ///< of a range that cannot be satisfied
};

/// Exhaustive; errc without a status of its own (displaced, peer_gone) are never told.
[[nodiscard]] http::status status_of(errc code) noexcept;

/// application/problem+json with status, type, title and detail. `displaced`, `peer_gone` become a silent reply.
/// Sentences of `io_failed` and `internal` are not told: they speak of our disk, and whoever failed has logged them.
[[nodiscard]] reply problem(const error& failure, const problem_details& details = {});

/// As problem(), for HEAD of something that may exist: a client forgets an upload whose HEAD is answered with 429 or
/// 5xx, so what is only in our way now is `locked`.
[[nodiscard]] reply head_problem(const error& failure);

/// An append that ended early. As problem(), but a peer that was too slow is not told so: its connection is closed and
/// its prefix kept.
[[nodiscard]] reply append_problem(const error& failure, const problem_details& details = {});

/// 405 with Allow.
[[nodiscard]] reply method_not_allowed(std::string_view allow);
/// 501: an X-HTTP-Method-Override that is no method of ours.
[[nodiscard]] reply method_unknown();

}  // namespace wf::api
