#include "wfctl/text.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace wf::ctl {

namespace {

constexpr bool continues(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

struct decoded {
  char32_t point{0};
  std::size_t bytes{0};  ///< 0: not UTF-8
};

/// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
decoded decode(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80U) return {first, 1};
  const std::size_t bytes = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : first >= 0xC0U ? 2 : 0;
  if (bytes == 0 || first > 0xF4U || text.size() < bytes) return {};
  char32_t point = first & (0xFFU >> (bytes + 1));
  for (std::size_t at = 1; at < bytes; ++at) {
    if (!continues(text[at])) return {};
    point = (point << 6U) | (static_cast<unsigned char>(text[at]) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  if (point < smallest[bytes] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {point, bytes};
}

/// Moves the cursor, or the words around it.
constexpr bool is_control(char32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

}  // namespace

std::string human_size(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return value < 99.95 ? fmt::format("{:.1f} {}", value, units[unit]) : fmt::format("{:.0f} {}", value, units[unit]);
}

std::string human_count(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string out;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at != 0 && (digits.size() - at) % 3 == 0) out += ' ';
    out += digits[at];
  }
  return out;
}

std::string human_age(utc_time at, utc_time now) {
  using namespace std::chrono;
  const bool ahead = at > now;
  const auto span = duration_cast<seconds>(ahead ? at - now : now - at);
  std::string text;
  if (span < 2s) return "just now";
  if (span < 100s) {
    text = fmt::format("{} s", span.count());
  } else if (span < 100min) {
    text = fmt::format("{} min", duration_cast<minutes>(span).count());
  } else if (span < 48h) {
    text = fmt::format("{} h", duration_cast<hours>(span).count());
  } else {
    text = fmt::format("{} d", duration_cast<days>(span).count());
  }
  return ahead ? "in " + text : text + " ago";
}

std::string human_duration(std::chrono::milliseconds span) {
  using namespace std::chrono;
  if (span < 1s) return fmt::format("{} ms", span.count());
  if (span < 60s) return fmt::format("{:.1f} s", duration<double>(span).count());
  const auto whole = duration_cast<seconds>(span);
  if (whole < 1h) return fmt::format("{} min {} s", whole / 1min, (whole % 1min).count());
  return fmt::format("{} h {} min", whole / 1h, (whole % 1h) / 1min);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", human_count(count), count == 1 ? one : many);
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::string out;
  for (const std::byte byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned>(byte));
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const decoded next = decode(text);
    if (next.bytes == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    if (is_control(next.point)) {
      const auto point = static_cast<std::uint32_t>(next.point);
      out += point < 0x80 ? fmt::format("\\x{:02x}", point) : fmt::format("\\u{:04x}", point);
    } else {
      out.append(text.substr(0, next.bytes));
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  for (const char byte : text) columns += continues(byte) ? 0U : 1U;
  return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string{text};
  if (columns == 0) return {};
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (continues(text[end])) continue;
    if (seen++ == columns - 1) break;
  }
  return std::string{text.substr(0, end)} + "…";
}

}  // namespace wf::ctl
