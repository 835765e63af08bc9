#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wf {

/// What went wrong, told apart only as far as a caller acts differently. `api/error_map.cpp` turns these into HTTP.
enum class errc : std::uint8_t {
  // Refuse: the request is wrong and sending it again changes nothing.
  bad_request,            ///< malformed or contradictory input
  forbidden,              ///< understood and not allowed (a PATCH to a final upload)
  https_required,         ///< plain HTTP from somewhere that is not trusted
  unauthorized,           ///< credentials missing or wrong
  not_found,              ///< never existed, or nothing remembers it
  expired,                ///< existed; removed because its time ran out
  cancelled,              ///< existed; removed because its owner said so
  unsupported_media,      ///< Content-Type is not what this request takes
  unsupported_version,    ///< Tus-Resumable missing or not 1.0.0
  precondition_failed,    ///< If-Match or If-Unmodified-Since does not hold
  too_large,              ///< longer than a configured or declared length
  metadata_too_large,     ///< Upload-Metadata over its limit
  checksum_mismatch,      ///< the body does not have the digest that was sent with it
  range_not_satisfiable,  ///< Range outside the recording
  // Look again: the caller's picture of the state is out of date.
  offset_conflict,   ///< Upload-Offset is not the present offset
  length_conflict,   ///< the same chunk was created with another length
  total_conflict,    ///< another total number of chunks
  content_conflict,  ///< a complete chunk was sent again with other bytes
  state_conflict,    ///< the session is past the state in which this is possible
  chunks_missing,    ///< cannot assemble yet
  // Retry later: nothing is wrong with the request.
  locked,        ///< another request holds the chunk and did not let go in time
  rate_limited,  ///< too many creations
  no_space,      ///< ENOSPC, EDQUOT, or below --min-free
  unavailable,   ///< overload, or shutting down
  timed_out,     ///< a deadline passed
  // Give up.
  peer_gone,  ///< the connection ended
  displaced,  ///< a later request for the same chunk took over
  damaged,    ///< facts and files disagree
  io_failed,  ///< the disk said no
  internal,   ///< our own fault
};

/// Stable lower-case name, e.g. "offset_conflict".
[[nodiscard]] std::string_view name_of(errc code) noexcept;

/// A failure: its kind, a sentence for a person, and the errno behind it (0: none).
struct error {
  errc code{errc::internal};
  std::string detail{};
  int os_errno{0};
};

/// Failure of a system call. ENOSPC and EDQUOT become `no_space`, ECANCELED/ETIMEDOUT `timed_out`, a reset or closed
/// peer `peer_gone`, ENOENT `not_found`, everything else `io_failed`. `doing` says what was tried: "write segment".
[[nodiscard]] error os_error(int errno_value, std::string_view doing);

}  // namespace wf
