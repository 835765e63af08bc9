#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wf::api {

/// IPv6, or IPv4 mapped (::ffff:a.b.c.d), as peer_address has it.
using ip_address = std::array<std::uint8_t, 16>;

/// "192.0.2.7" (four decimal numbers without leading zeros) or IPv6 (RFC 4291 2.2; an IPv4 tail included, no zone).
/// nullopt: anything else.
[[nodiscard]] std::optional<ip_address> parse_ip_address(std::string_view text) noexcept;

}  // namespace wf::api
