#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Which bytes may stand where. One table, read by every parser of this room.
namespace wf::http {

namespace detail {

inline constexpr std::uint8_t class_token = 1;   ///< tchar, RFC 9110 5.6.2
inline constexpr std::uint8_t class_field = 2;   ///< field-vchar, SP, HTAB (obs-text included), RFC 9110 5.5
inline constexpr std::uint8_t class_target = 4;  ///< pchar, "/", "?" and brackets, RFC 3986 3.2 to 3.4
inline constexpr std::uint8_t class_digit = 8;
inline constexpr std::uint8_t class_hex = 16;
inline constexpr std::uint8_t class_host = 32;  ///< reg-name and port: unreserved, sub-delims, "%", ":", RFC 3986 3.2.2

[[nodiscard]] constexpr bool contains(std::string_view set, char c) noexcept {
  for (const char member : set) {
    if (member == c) return true;
  }
  return false;
}

[[nodiscard]] constexpr std::array<std::uint8_t, 256> make_classes() noexcept {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto c = static_cast<char>(static_cast<unsigned char>(i));
    const bool digit = i >= '0' && i <= '9';
    const bool alpha = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
    const bool hex = digit || (i >= 'a' && i <= 'f') || (i >= 'A' && i <= 'F');
    unsigned bits = 0;
    if (digit || alpha || (i != 0 && contains("!#$%&'*+-.^_`|~", c))) bits |= class_token;
    if (i == '\t' || (i >= 0x20 && i != 0x7f)) bits |= class_field;
    if (digit || alpha || (i != 0 && contains("-._~!$&'()*+,;=:@%/?[]", c))) bits |= class_target;
    if (digit || alpha || (i != 0 && contains("-._~!$&'()*+,;=%:", c))) bits |= class_host;
    if (digit) bits |= class_digit;
    if (hex) bits |= class_hex;
    table[i] = static_cast<std::uint8_t>(bits);
  }
  return table;
}

inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

[[nodiscard]] constexpr bool has_class(char c, std::uint8_t wanted) noexcept {
  return (classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

[[nodiscard]] constexpr bool all_of_class(std::string_view text, std::uint8_t wanted) noexcept {
  for (const char c : text) {
    if (!has_class(c, wanted)) return false;
  }
  return true;
}

}  // namespace detail

[[nodiscard]] constexpr bool is_token_char(char c) noexcept {
  return detail::has_class(c, detail::class_token);
}
[[nodiscard]] constexpr bool is_field_char(char c) noexcept {
  return detail::has_class(c, detail::class_field);
}
[[nodiscard]] constexpr bool is_target_char(char c) noexcept {
  return detail::has_class(c, detail::class_target);
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return detail::has_class(c, detail::class_digit);
}
[[nodiscard]] constexpr bool is_hex(char c) noexcept {
  return detail::has_class(c, detail::class_hex);
}

/// token = 1*tchar (RFC 9110 5.6.2).
[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && detail::all_of_class(text, detail::class_token);
}

/// True when `text` may be written as a field value: no CR, LF, NUL or other control character but HTAB.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
  return detail::all_of_class(text, detail::class_field);
}

/// 0 … 15; anything but a hexadecimal digit: -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// ASCII only: other bytes are returned as they are, whatever the locale.
[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (to_lower(left[i]) != to_lower(right[i])) return false;
  }
  return true;
}

/// Without the optional white space (SP, HTAB) around it (RFC 9110 5.6.3).
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace wf::http
