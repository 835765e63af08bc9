#pragma once

#include <map>
#include <string>
#include <string_view>

namespace wf::test::conformance {

/// Replaces `{name}` by its variable and `{function:text}` by what it makes:
///
///     {b64:text}        base64
///     {sha1:text} {sha256:text} {md5:text} {crc32:text}    digest, base64
///     {repeat:N:text}   text, N times
///     {path:name}       the path of the URL in variable `name`
///
/// Braces around anything else stay (JSON). Throws std::runtime_error on an unknown name.
[[nodiscard]] std::string expand(std::string_view text, const std::map<std::string, std::string>& variables);

}  // namespace wf::test::conformance
