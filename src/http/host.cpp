#include "waveforge/http/host.hpp"

#include <cstddef>

#include "waveforge/http/chars.hpp"

namespace wf::http {

namespace {

[[nodiscard]] bool is_valid_port(std::string_view port) noexcept {
  return port.size() <= 5 && detail::all_of_class(port, detail::class_digit);
}

/// reg-name or IPv4address: the grammar of the first contains the second.
[[nodiscard]] bool is_valid_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == ':' || !detail::has_class(name[i], detail::class_host)) return false;
    if (name[i] == '%' && (i + 2 >= name.size() || !is_hex(name[i + 1]) || !is_hex(name[i + 2]))) return false;
  }
  return true;
}

/// Between the brackets. The characters are checked, not the arithmetic of the groups: nobody here connects to it.
[[nodiscard]] bool is_valid_literal(std::string_view address) noexcept {
  if (address.size() < 2) return false;
  const bool future = address[0] == 'v' || address[0] == 'V';
  bool colon = false;
  for (const char c : address) {
    if (c == '%' || !detail::has_class(c, detail::class_host)) return false;
    if (!future && c != ':' && c != '.' && !is_hex(c)) return false;
    colon = colon || c == ':';
  }
  return future || colon;
}

}  // namespace

bool is_valid_host(std::string_view text) noexcept {
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_valid_literal(text.substr(1, close - 1))) return false;
    const std::string_view after = text.substr(close + 1);
    return after.empty() || (after.front() == ':' && is_valid_port(after.substr(1)));
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return is_valid_name(text);
  // A port without a name in front of it addresses nothing.
  return colon != 0 && is_valid_name(text.substr(0, colon)) && is_valid_port(text.substr(colon + 1));
}

}  // namespace wf::http
