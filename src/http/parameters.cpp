#include "waveforge/http/parameters.hpp"

#include <algorithm>
#include <cstddef>

#include "waveforge/http/chars.hpp"

namespace wf::http {

std::size_t quoted_string_length(std::string_view text) noexcept {
  if (text.empty() || text.front() != '"') return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
    if (i == text.size() || !is_field_char(text[i])) return 0;
  }
  return 0;
}

std::string unquote(std::string_view text) {
  if (quoted_string_length(text) != text.size() || text.empty()) return std::string{text};
  std::string plain;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    plain += text[i];
  }
  return plain;
}

parameter_walk::outcome parameter_walk::next() noexcept {
  const auto skip_space = [this]() noexcept {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  };
  const auto token_length = [this]() noexcept {
    const auto stop = std::ranges::find_if_not(rest_, is_token_char);
    return static_cast<std::size_t>(stop - rest_.begin());
  };
  for (;;) {
    skip_space();
    if (rest_.empty()) return outcome::end;
    if (rest_.front() != ';') return outcome::malformed;
    rest_.remove_prefix(1);
    skip_space();
    // A separator with nothing behind it is allowed.
    if (rest_.empty() || rest_.front() == ';') continue;
    const std::size_t name_length = token_length();
    if (name_length == 0 || name_length == rest_.size() || rest_[name_length] != '=') break;
    name_ = rest_.substr(0, name_length);
    rest_.remove_prefix(name_length + 1);
    const std::size_t value_length = std::max(quoted_string_length(rest_), token_length());
    if (value_length == 0) break;
    value_ = rest_.substr(0, value_length);
    rest_.remove_prefix(value_length);
    return outcome::pair;
  }
  rest_ = "=";  // malformed now and for ever
  return outcome::malformed;
}

std::string parameter_walk::value() const {
  return unquote(value_);
}

}  // namespace wf::http
