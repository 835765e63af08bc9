#include "waveforge/http/forwarded.hpp"

#include <algorithm>
#include <cstddef>

#include "waveforge/http/chars.hpp"
#include "waveforge/http/host.hpp"
#include "waveforge/http/parameters.hpp"

namespace wf::http {

namespace {

/// Last value of all lines of a field together, cut at commas outside quotes; empty when there is none.
[[nodiscard]] std::string_view last_element(const field_list& fields, std::string_view name) noexcept {
  std::string_view element;
  fields.find_all(name, [&](std::string_view value) noexcept {
    while (!value.empty()) {
      std::size_t end = 0;
      while (end < value.size() && value[end] != ',') {
        const std::size_t quoted = quoted_string_length(value.substr(end));
        end += std::max<std::size_t>(quoted, 1);
      }
      element = trim(value.substr(0, end));
      value.remove_prefix(std::min(end + 1, value.size()));
    }
    return true;
  });
  return element;
}

[[nodiscard]] std::optional<std::string> read_proto(std::string_view text) {
  if (equals_ignoring_case(text, "https")) return "https";
  if (equals_ignoring_case(text, "http")) return "http";
  return std::nullopt;
}

[[nodiscard]] std::optional<std::string> read_host(std::string_view text) {
  if (text.empty() || !is_valid_host(text)) return std::nullopt;
  return std::string{text};
}

/// An address, perhaps with a port: `1.2.3.4`, `1.2.3.4:5`, `[::1]`, `[::1]:5` and, in X-Forwarded-For, a bare `::1`.
[[nodiscard]] std::optional<std::string> read_peer(std::string_view text) {
  const auto only = [](std::string_view address, std::string_view others) {
    return !address.empty() && std::ranges::all_of(address, [others](char c) {
      return is_hex(c) || others.find(c) != std::string_view::npos;
    });
  };
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (!is_valid_host(text) || close == std::string_view::npos) return std::nullopt;
    text = text.substr(1, close - 1);
  } else if (std::ranges::count(text, ':') == 1) {
    if (!is_valid_host(text)) return std::nullopt;
    text = text.substr(0, text.find(':'));
  }
  const bool six = text.find(':') != std::string_view::npos;
  const bool four = !six && text.find('.') != std::string_view::npos &&
                    std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
  if (!four && !(six && only(text, ":."))) return std::nullopt;
  return std::string{text};
}

/// One element of Forwarded: `for=…;proto=…;host=…`. A malformed one says nothing at all.
[[nodiscard]] forwarded_facts read_element(std::string_view element) {
  forwarded_facts facts;
  const std::string with_separator = ";" + std::string{element};
  parameter_walk walk{with_separator};
  for (;;) {
    switch (walk.next()) {
      case parameter_walk::outcome::end: return facts;
      case parameter_walk::outcome::malformed: return {};
      case parameter_walk::outcome::pair: break;
    }
    const std::string value = walk.value();
    if (equals_ignoring_case(walk.name(), "proto")) facts.proto = read_proto(value);
    if (equals_ignoring_case(walk.name(), "host")) facts.host = read_host(value);
    if (equals_ignoring_case(walk.name(), "for")) facts.peer = read_peer(value);
  }
}

[[nodiscard]] std::optional<std::string> agreed(const std::optional<std::string>& left,
                                                const std::optional<std::string>& right) {
  if (left && right && *left != *right) return std::nullopt;
  return left ? left : right;
}

}  // namespace

forwarded_facts read_forwarded(const field_list& fields) {
  const forwarded_facts standard = read_element(last_element(fields, "Forwarded"));
  const forwarded_facts customary{read_proto(last_element(fields, "X-Forwarded-Proto")),
                                  read_host(last_element(fields, "X-Forwarded-Host")),
                                  read_peer(last_element(fields, "X-Forwarded-For"))};
  return {agreed(standard.proto, customary.proto), agreed(standard.host, customary.host),
          agreed(standard.peer, customary.peer)};
}

}  // namespace wf::http
