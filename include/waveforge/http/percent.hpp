#pragma once

#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"

namespace wf::http {

/// Percent-decoding of one path segment or query text (RFC 3986 2.1), strict: "%" must be followed by two hexadecimal
/// digits, and a zero byte is refused, encoded or not, because a name cannot contain it. An encoded "/" becomes data,
/// not a separator: split first, then decode. Errors: bad_request.
[[nodiscard]] result<std::string> percent_decode(std::string_view text);

/// Appends `text`; everything but unreserved characters becomes %XX, upper case. For Location and `filename*`.
void percent_encode(std::string_view text, std::string& out);

}  // namespace wf::http
