#include "waveforge/api/ip_address.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "waveforge/http/chars.hpp"

namespace wf::api {

namespace {

/// "a.b.c.d" into four bytes.
[[nodiscard]] bool read_version_4(std::string_view text, std::span<std::uint8_t, 4> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string_view part = text.substr(0, text.find('.'));
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), out[i]);
    if (problem != std::errc{} || end != part.data() + part.size()) return false;
    if (part.size() > 1 && part.front() == '0') return false;
    const bool last = i + 1 == out.size();
    if ((part.size() == text.size()) != last) return false;
    if (!last) text.remove_prefix(part.size() + 1);
  }
  return true;
}

/// One to four hexadecimal digits.
[[nodiscard]] std::optional<std::uint16_t> read_group(std::string_view text) noexcept {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (!http::is_hex(c)) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(http::hex_value(c));
  }
  return static_cast<std::uint16_t>(value);
}

/// Groups between colons from the front of `out` on; how many bytes they take, or nullopt.
[[nodiscard]] std::optional<std::size_t> read_groups(std::string_view text, std::span<std::uint8_t, 16> out) noexcept {
  std::size_t used = 0;
  if (text.empty()) return used;
  while (true) {
    const auto colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
      if (used > 12 || !read_version_4(part, std::span<std::uint8_t, 4>{out.data() + used, 4})) return std::nullopt;
      return used + 4;
    }
    const auto group = read_group(part);
    if (!group.has_value() || used == out.size()) return std::nullopt;
    out[used++] = static_cast<std::uint8_t>(*group >> 8U);
    out[used++] = static_cast<std::uint8_t>(*group & 0xffU);
    if (colon == std::string_view::npos) return used;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

std::optional<ip_address> parse_ip_address(std::string_view text) noexcept {
  ip_address out{};
  if (text.find(':') == std::string_view::npos) {
    out[10] = out[11] = 0xff;
    if (!read_version_4(text, std::span<std::uint8_t, 4>{out.data() + 12, 4})) return std::nullopt;
    return out;
  }
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (read_groups(text, out) != out.size()) return std::nullopt;
    return out;
  }
  ip_address tail{};
  const std::string_view before = text.substr(0, gap);
  const auto front = read_groups(before, out);
  const auto back = read_groups(text.substr(gap + 2), tail);
  if (!front.has_value() || !back.has_value() || before.find('.') != std::string_view::npos) return std::nullopt;
  if (*front + *back > out.size() - 2) return std::nullopt;  // the gap stands for one group at least
  std::copy_n(tail.begin(), *back, out.end() - static_cast<std::ptrdiff_t>(*back));
  return out;
}

}  // namespace wf::api
