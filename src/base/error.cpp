#include "waveforge/base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace wf {

std::string_view name_of(errc code) noexcept {
  switch (code) {
    case errc::bad_request: return "bad_request";
    case errc::forbidden: return "forbidden";
    case errc::https_required: return "https_required";
    case errc::unauthorized: return "unauthorized";
    case errc::not_found: return "not_found";
    case errc::expired: return "expired";
    case errc::cancelled: return "cancelled";
    case errc::unsupported_media: return "unsupported_media";
    case errc::unsupported_version: return "unsupported_version";
    case errc::precondition_failed: return "precondition_failed";
    case errc::too_large: return "too_large";
    case errc::metadata_too_large: return "metadata_too_large";
    case errc::checksum_mismatch: return "checksum_mismatch";
    case errc::range_not_satisfiable: return "range_not_satisfiable";
    case errc::offset_conflict: return "offset_conflict";
    case errc::length_conflict: return "length_conflict";
    case errc::total_conflict: return "total_conflict";
    case errc::content_conflict: return "content_conflict";
    case errc::state_conflict: return "state_conflict";
    case errc::chunks_missing: return "chunks_missing";
    case errc::locked: return "locked";
    case errc::rate_limited: return "rate_limited";
    case errc::no_space: return "no_space";
    case errc::unavailable: return "unavailable";
    case errc::timed_out: return "timed_out";
    case errc::peer_gone: return "peer_gone";
    case errc::displaced: return "displaced";
    case errc::damaged: return "damaged";
    case errc::io_failed: return "io_failed";
    case errc::internal: return "internal";
  }
  return "internal";
}

namespace {

errc classify(int errno_value) noexcept {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return errc::no_space;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return errc::unavailable;  // passes when others have finished
    case ETIMEDOUT:
    case ECANCELED: return errc::timed_out;
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
    case ECONNABORTED:
    case ESHUTDOWN: return errc::peer_gone;
    case ENOENT: return errc::not_found;
    default: return errc::io_failed;
  }
}

}  // namespace

error os_error(int errno_value, std::string_view doing) {
  const int positive = errno_value < 0 ? -errno_value : errno_value;
  char text[128];
  // The GNU strerror_r may return a static string instead of filling the buffer; it is thread-safe either way.
  const char* reason = strerror_r(positive, text, sizeof text);
  return {classify(positive), fmt::format("{}: {}", doing, reason), positive};
}

}  // namespace wf
