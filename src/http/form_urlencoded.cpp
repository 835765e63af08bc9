#include "waveforge/http/form_urlencoded.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "waveforge/base/limits.hpp"
#include "waveforge/http/percent.hpp"

namespace wf::http {

namespace {

[[nodiscard]] result<std::string> decode(std::string_view text) {
  std::string spaced{text};
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

result<form_values> form_values::parse(std::string_view text) {
  form_values form;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (form.pairs_.size() == limits::form_fields_max) {
      return fail(errc::bad_request, fmt::format("The form has more than {} fields.", limits::form_fields_max));
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals));
    if (!name) return fail(std::move(name.error()));
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!value) return fail(std::move(value.error()));
    form.pairs_.emplace_back(std::move(*name), std::move(*value));
  }
  return form;
}

std::optional<std::string_view> form_values::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

result<std::optional<std::string_view>> form_values::only(std::string_view name) const {
  const auto same = [name](const auto& pair) { return pair.first == name; };
  if (std::ranges::count_if(pairs_, same) > 1) {
    return fail(errc::bad_request, fmt::format("{} is there more than once; send it once.", name));
  }
  return find(name);
}

}  // namespace wf::http
