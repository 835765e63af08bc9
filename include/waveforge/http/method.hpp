#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wf::http {

/// The methods this server knows. A known method a resource does not take is 405; any other method is 501.
enum class method : std::uint8_t { get, head, post, put, patch, delete_, options };

inline constexpr std::array<std::string_view, 7> method_names{"GET",   "HEAD",   "POST",   "PUT",
                                                              "PATCH", "DELETE", "OPTIONS"};

/// Upper case, as on the wire.
[[nodiscard]] constexpr std::string_view name_of(method which) noexcept {
  return method_names[static_cast<std::size_t>(which)];
}

/// Methods are case-sensitive (RFC 9110 9.1): "get" is not known.
[[nodiscard]] constexpr std::optional<method> parse_method(std::string_view text) noexcept {
  for (std::size_t i = 0; i < method_names.size(); ++i) {
    if (method_names[i] == text) return static_cast<method>(i);
  }
  return std::nullopt;
}

static_assert(parse_method("PATCH") == method::patch);
static_assert(!parse_method("patch"));

}  // namespace wf::http
