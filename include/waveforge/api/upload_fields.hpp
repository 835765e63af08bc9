#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "waveforge/api/reply.hpp"
#include "waveforge/base/clock.hpp"
#include "waveforge/base/result.hpp"
#include "waveforge/http/fields.hpp"
#include "waveforge/io/body_source.hpp"
#include "waveforge/store/views.hpp"
#include "waveforge/tus/upload_state.hpp"

/// The tus fields of a request and of an answer, between http's text and the store's values.
namespace wf::api {

/// What a body is before any of it is read.
struct body_facts {
  bool present{false};                   ///< Content-Length above 0, or chunked
  std::optional<std::uint64_t> bytes{};  ///< nullopt: chunked
  bool is_offset_stream{false};          ///< Content-Type: application/offset+octet-stream
};
[[nodiscard]] body_facts look_at_body(const http::field_list& fields, const io::body_source& body);

/// A field of bytes (Upload-Offset, Upload-Length). nullopt: not sent. bad_request: not a number, or sent twice.
[[nodiscard]] result<std::optional<std::uint64_t>> read_bytes_field(const http::field_list& fields,
                                                                    std::string_view name);
/// Upload-Defer-Length. False: not sent. bad_request: anything but 1.
[[nodiscard]] result<bool> read_defer_length(const http::field_list& fields);

/// What the rules of tus are asked about.
[[nodiscard]] tus::upload_state state_of(const store::chunk_view& chunk) noexcept;

/// Upload-Expires, where it will expire.
void tell_expiry(reply& answer, const store::chunk_view& chunk);
/// Upload-Offset and Upload-Expires.
void tell_progress(reply& answer, const store::chunk_view& chunk);
/// The answer to HEAD: tell_progress, length, metadata as sent, no-store.
[[nodiscard]] reply describe(const store::chunk_view& chunk);

/// IMF-fixdate, whole seconds.
[[nodiscard]] std::string http_date(utc_time at);

}  // namespace wf::api
