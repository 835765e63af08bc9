#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace wf::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT": always 29 characters, not terminated.
using date_text = std::array<char, 29>;

/// IMF-fixdate (RFC 9110 5.6.7), seconds, UTC; years 0 … 9999, others are clamped.
[[nodiscard]] date_text format_date(std::chrono::sys_seconds time) noexcept;

[[nodiscard]] inline std::string_view as_view(const date_text& text) noexcept {
  return {text.data(), text.size()};
}

/// Reads IMF-fixdate only: no client of this decade writes the two older forms, and the two-digit year of one of them
/// would need a clock. The weekday must fit the date. A second of 60 is the same instant as the next minute's 0.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) noexcept;

}  // namespace wf::http
