#pragma once

#include <string_view>

namespace wf::http {

/// True for `uri-host [ ":" port ]` (RFC 9110 7.2): a name, an IPv4 address, or an IPv6 or later one in brackets; a
/// port of up to five digits. Empty is valid (RFC 9112 3.2 prescribes it where the target has no authority); user
/// information is not.
[[nodiscard]] bool is_valid_host(std::string_view text) noexcept;

}  // namespace wf::http
