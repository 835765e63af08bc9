#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wf::http {

/// `attachment; filename="ascii"; filename*=UTF-8''percent` (RFC 6266, RFC 8187) for a name a client gave us. Control
/// characters are dropped, path separators become "_", bytes that are not UTF-8 become U+FFFD; a name of which nothing
/// is left becomes `fallback`. The result is always a valid field value.
[[nodiscard]] std::string attachment_disposition(std::string_view file_name, std::string_view fallback);

/// What a part of a form says it is (RFC 7578 4.2).
struct form_disposition {
  std::string name{};
  std::optional<std::string> file_name{};  ///< `filename*` before `filename`
};

/// Reads `form-data; name="…"; filename="…"`. Browsers write `"` in names as %22 and other bytes as UTF-8 (WHATWG HTML,
/// multipart/form-data); %22, %0D and %0A are taken back; a backslash escapes a quote or a backslash and else stands
/// for itself. nullopt: another type, no name, a parameter twice, or malformed.
[[nodiscard]] std::optional<form_disposition> parse_form_disposition(std::string_view text);

}  // namespace wf::http
