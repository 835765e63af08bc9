#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/http/form_urlencoded.hpp"
#include "waveforge/session/session_id.hpp"

/// Fields of the fallback API, in whichever form they came.
namespace wf::api {

[[nodiscard]] result<session::session_id> read_session_id(std::optional<std::string_view> text,
                                                          session::id_format format);
[[nodiscard]] result<chunk_index> read_chunk_index(std::optional<std::string_view> text);
/// Absent or empty: nullopt.
[[nodiscard]] result<std::optional<std::uint32_t>> read_total(std::optional<std::string_view> text);
/// A name or format: UTF-8 without control characters; absent: "".
[[nodiscard]] result<std::string> read_name(std::string_view field, std::optional<std::string_view> text);

/// What completes a recording. Absent members were not told.
struct completion_fields {
  std::optional<std::string> session_id{};
  std::optional<std::string> file_name{};
  std::optional<std::string> metadata{};  ///< a JSON object as text
  std::optional<std::string> total_chunks{};
};

/// From a query or an urlencoded form. bad_request: a field twice, bad escapes.
[[nodiscard]] result<completion_fields> read_completion(const http::form_values& values);
/// From a JSON object; numbers and objects are accepted where they mean the same as text. bad_request.
[[nodiscard]] result<completion_fields> read_completion_json(const std::string& body);
/// From a multipart body that is in memory as a whole.
[[nodiscard]] result<completion_fields> read_completion_form(std::string_view content_type, std::string_view body);
/// Members of `over` win.
[[nodiscard]] completion_fields merge(completion_fields under, completion_fields over);

/// Text that must be a JSON object. bad_request.
[[nodiscard]] result<void> check_json_object(std::string_view field, const std::string& text);

}  // namespace wf::api
