#include "waveforge/http/percent.hpp"

#include <cstddef>

#include "waveforge/http/chars.hpp"

namespace wf::http {

result<std::string> percent_decode(std::string_view text) {
  constexpr const char* zero = "A zero byte is not taken.";
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return fail(errc::bad_request, zero);
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(errc::bad_request, "A `%` must be followed by two hexadecimal digits.");
    if (high == 0 && low == 0) return fail(errc::bad_request, zero);
    decoded += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

void percent_encode(std::string_view text, std::string& out) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : text) {
    const bool alpha = to_lower(c) >= 'a' && to_lower(c) <= 'z';
    if (alpha || is_digit(c) || detail::contains("-._~", c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 0xfU];
  }
}

}  // namespace wf::http
