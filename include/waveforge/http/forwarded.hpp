#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "waveforge/http/fields.hpp"

namespace wf::http {

/// What the nearest proxy says of the request it received. Whether to believe it is the caller's decision (only from a
/// trusted peer): everything here can be written by anyone.
struct forwarded_facts {
  std::optional<std::string> proto{};  ///< "http" or "https", lower case; anything else is left out
  std::optional<std::string> host{};   ///< a valid host with optional port
  std::optional<std::string>
      peer{};  ///< IP address, without port and brackets; obfuscated and unknown ones are left out
};

/// Reads Forwarded (RFC 7239) and X-Forwarded-Proto, -Host and -For. Of a list the last element counts: the one our own
/// proxy appended; those before it came from further away and may be the client's invention. A malformed field says
/// nothing. Where the two families contradict each other neither is believed: a proxy that writes only one of them
/// passes the client's other one on.
[[nodiscard]] forwarded_facts read_forwarded(const field_list& fields);

}  // namespace wf::http
