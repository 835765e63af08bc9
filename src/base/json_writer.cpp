#include "waveforge/base/json_writer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <iterator>

namespace wf {

namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), 0 when there is none.
[[nodiscard]] std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) noexcept { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) noexcept { return i < text.size() && (byte(i) & 0xc0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || !continues(1)) return 0;
  if (lead < 0xe0) return 2;
  const unsigned second = byte(1);
  if (lead < 0xf0) {
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    return continues(2) ? 3 : 0;
  }
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return continues(2) && continues(3) ? 4 : 0;
}

void append_escape(std::string& out, unsigned code) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code < 0x20 || code == 0x7f || c == '<') {
    append_escape(out, code);
  } else {
    out += c;
  }
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";  // U+FFFD
      text.remove_prefix(1);
      continue;
    }
    const std::string_view sequence = text.substr(0, length);
    if (length == 1) {
      append_ascii(out, sequence[0]);
    } else if (sequence == "\xe2\x80\xa8" || sequence == "\xe2\x80\xa9") {
      // Line separators end a statement in the JavaScript of older browsers.
      append_escape(out, sequence[2] == '\xa8' ? 0x2028U : 0x2029U);
    } else {
      out += sequence;
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void json_writer::separate() {
  if (needs_comma_) *out_ += ',';
  needs_comma_ = true;
}

json_writer& json_writer::begin_object() {
  separate();
  *out_ += '{';
  needs_comma_ = false;
  return *this;
}

json_writer& json_writer::end_object() {
  *out_ += '}';
  needs_comma_ = true;
  return *this;
}

json_writer& json_writer::begin_array() {
  separate();
  *out_ += '[';
  needs_comma_ = false;
  return *this;
}

json_writer& json_writer::end_array() {
  *out_ += ']';
  needs_comma_ = true;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  append_json_text(*out_, name);
  *out_ += ':';
  needs_comma_ = false;
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  append_json_text(*out_, text);
  return *this;
}

json_writer& json_writer::value(bool truth) {
  return raw(truth ? "true" : "false");
}

json_writer& json_writer::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  fmt::format_to(std::back_inserter(*out_), "{}", number);
  return *this;
}

json_writer& json_writer::null() {
  return raw("null");
}

json_writer& json_writer::raw(std::string_view json) {
  separate();
  *out_ += json;
  return *this;
}

json_writer& json_writer::put_signed(std::int64_t number) {
  const fmt::format_int text{number};
  return raw({text.data(), text.size()});
}

json_writer& json_writer::put_unsigned(std::uint64_t number) {
  const fmt::format_int text{number};
  return raw({text.data(), text.size()});
}

}  // namespace wf
