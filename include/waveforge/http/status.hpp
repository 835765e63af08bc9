#pragma once

#include <cstdint>
#include <string_view>

namespace wf::http {

/// Every status this server sends. Which failure gets which is decided in one place, `api/error_map.cpp`; this room
/// names only those its own grammar prescribes.
enum class status : std::uint16_t {
  continue_ = 100,
  ok = 200,
  created = 201,
  accepted = 202,
  no_content = 204,
  partial_content = 206,
  moved_permanently = 301,
  see_other = 303,
  not_modified = 304,
  temporary_redirect = 307,
  permanent_redirect = 308,
  bad_request = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  unsupported_media_type = 415,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  locked = 423,
  precondition_required = 428,
  too_many_requests = 429,
  header_fields_too_large = 431,
  checksum_mismatch = 460,  ///< tus 1.0.0, Checksum
  internal_server_error = 500,
  not_implemented = 501,
  service_unavailable = 503,
  version_not_supported = 505,
  insufficient_storage = 507,
};

[[nodiscard]] constexpr std::uint16_t to_number(status code) noexcept {
  return static_cast<std::uint16_t>(code);
}

/// The reason phrase of RFC 9110, RFC 6585, RFC 4918 and tus 1.0.0.
[[nodiscard]] std::string_view reason_phrase(status code) noexcept;

/// 1xx, 204 and 304 never have a body, nor a Content-Length of one (RFC 9112 6.3).
[[nodiscard]] constexpr bool forbids_body(status code) noexcept {
  return to_number(code) < 200 || code == status::no_content || code == status::not_modified;
}

}  // namespace wf::http
