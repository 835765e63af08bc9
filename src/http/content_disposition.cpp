#include "waveforge/http/content_disposition.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "waveforge/base/json_writer.hpp"
#include "waveforge/http/chars.hpp"
#include "waveforge/http/parameters.hpp"
#include "waveforge/http/percent.hpp"

namespace wf::http {

namespace {

/// Longest name that is told; file systems stop at 255 bytes.
constexpr std::size_t name_bytes_max = 255;

[[nodiscard]] bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

/// A name in UTF-8 that means nothing to a shell, a path or a header.
[[nodiscard]] std::string sanitize(std::string_view name) {
  std::string clean;
  for (std::size_t i = 0; i < name.size() && clean.size() < name_bytes_max;) {
    std::size_t length = 1;
    while (i + length < name.size() && length < 4 && is_continuation(name[i + length])) ++length;
    const std::string_view sequence = name.substr(i, length);
    if (is_utf8(sequence)) {
      const char c = sequence.front();
      const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f || (c == '\xc2' && sequence[1] < '\xa0');
      if (c == '/' || c == '\\') {
        clean += '_';
      } else if (!control && clean.size() + length <= name_bytes_max) {
        clean += sequence;
      }
      i += length;
    } else {
      clean += "\xef\xbf\xbd";  // U+FFFD
      ++i;
    }
  }
  // Names of nothing but dots are directories; a leading dot hides the file from the person who saved it.
  const std::size_t start = clean.find_first_not_of(". ");
  return start == std::string::npos ? std::string{} : clean.substr(start);
}

/// What browsers escape in names: WHATWG HTML, "multipart/form-data encoding algorithm".
[[nodiscard]] std::string take_back_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    const char meant = three == "%22" ? '"' : three == "%0D" ? '\r' : three == "%0A" ? '\n' : '\0';
    plain += meant == '\0' ? text[i] : meant;
    if (meant != '\0') i += 2;
  }
  return plain;
}

/// A quoted value as browsers write it: a backslash before anything but a quote or another backslash stands for itself,
/// because they do not escape it.
[[nodiscard]] std::string read_form_value(std::string_view raw) {
  if (raw.empty() || raw.front() != '"') return std::string{raw};
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  std::string plain;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\\' && i + 1 < inner.size() && (inner[i + 1] == '"' || inner[i + 1] == '\\')) ++i;
    plain += inner[i];
  }
  return take_back_escapes(plain);
}

/// ext-value of RFC 8187: `UTF-8'lang'percent-encoded`.
[[nodiscard]] std::optional<std::string> read_extended_value(std::string_view raw) {
  const std::size_t first = raw.find('\'');
  if (first == std::string_view::npos || !equals_ignoring_case(raw.substr(0, first), "UTF-8")) return std::nullopt;
  const std::size_t second = raw.find('\'', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto decoded = percent_decode(raw.substr(second + 1));
  if (!decoded || !is_utf8(*decoded)) return std::nullopt;
  return std::move(*decoded);
}

}  // namespace

std::string attachment_disposition(std::string_view file_name, std::string_view fallback) {
  std::string name = sanitize(file_name);
  if (name.empty()) name = fallback;
  // The plain parameter is for readers that know nothing else: ASCII, and nothing that would need an escape.
  std::string plain;
  bool exact = true;
  for (const char c : name) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    const bool safe = ascii && c != '"' && c != '%' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    exact = exact && safe;
    if (safe) {
      plain += c;
    } else if (ascii || !is_continuation(c)) {
      plain += '_';
    }
  }
  std::string text = "attachment; filename=\"" + plain + "\"";
  if (!exact) {
    text += "; filename*=UTF-8''";
    percent_encode(name, text);
  }
  return text;
}

std::optional<form_disposition> parse_form_disposition(std::string_view text) {
  text = trim(text);
  const std::size_t end = std::min(text.find(';'), text.size());
  if (!equals_ignoring_case(trim(text.substr(0, end)), "form-data")) return std::nullopt;
  form_disposition part;
  bool named = false;
  std::vector<std::string_view> seen;
  std::optional<std::string> extended;
  parameter_walk walk{text.substr(end)};
  for (;;) {
    const auto outcome = walk.next();
    if (outcome == parameter_walk::outcome::malformed) return std::nullopt;
    if (outcome == parameter_walk::outcome::end) break;
    const auto same = [&](std::string_view name) { return equals_ignoring_case(name, walk.name()); };
    if (std::ranges::any_of(seen, same)) return std::nullopt;
    seen.push_back(walk.name());
    if (same("name")) {
      part.name = read_form_value(walk.raw_value());
      named = true;
    } else if (same("filename")) {
      part.file_name = read_form_value(walk.raw_value());
    } else if (same("filename*")) {
      extended = read_extended_value(walk.raw_value());
      if (!extended) return std::nullopt;
    }
  }
  if (!named) return std::nullopt;
  if (extended) part.file_name = std::move(extended);
  return part;
}

}  // namespace wf::http
