#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace wf {

/// Appends `text` as a JSON string with its quotes (RFC 8259 7). Quotation mark, backslash and control characters are
/// escaped, as are U+2028 and U+2029 and "<" (a page may embed the text); bytes that are not UTF-8 become U+FFFD.
void append_json_text(std::string& out, std::string_view text);

/// True when `text` is well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Writes one JSON value onto the end of a string, commas included. The string is borrowed for the writer's life. It
/// does not check that objects and arrays are closed in order: that is visible where it is called.
class json_writer {
 public:
  explicit json_writer(std::string& out) noexcept : out_{&out} {}
  // The string is borrowed: a copy would write the same comma twice.
  json_writer(const json_writer&) = delete;
  json_writer& operator=(const json_writer&) = delete;

  json_writer& begin_object();
  json_writer& end_object();
  json_writer& begin_array();
  json_writer& end_array();
  json_writer& key(std::string_view name);

  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view{text}); }
  json_writer& value(bool truth);
  template <std::integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>) json_writer& value(Number number) {
    if constexpr (std::signed_integral<Number>) {
      return put_signed(static_cast<std::int64_t>(number));
    } else {
      return put_unsigned(static_cast<std::uint64_t>(number));
    }
  }
  /// Shortest decimal form that reads back the same; infinities and NaN, which JSON has not, become null.
  json_writer& value(double number);
  json_writer& null();
  /// Text that is already JSON.
  json_writer& raw(std::string_view json);

 private:
  void separate();
  json_writer& put_signed(std::int64_t number);
  json_writer& put_unsigned(std::uint64_t number);

  std::string* out_;
  bool needs_comma_{false};
};

}  // namespace wf
