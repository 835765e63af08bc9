#include "waveforge/http/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wf::http {

std::optional<std::string_view> field_list::find(std::string_view name) const noexcept {
  for (const auto [key, value] : *this) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

result<std::optional<std::string_view>> field_list::only(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto [key, value] : *this) {
    if (!equals_ignoring_case(key, name)) continue;
    if (found) return fail(errc::bad_request, fmt::format("{} is there more than once; send it once.", name));
    found = value;
  }
  return found;
}

std::size_t field_list::count(std::string_view name) const noexcept {
  std::size_t found = 0;
  for (const auto [key, value] : *this) found += equals_ignoring_case(key, name) ? 1U : 0U;
  return found;
}

bool field_list::has_member(std::string_view name, std::string_view member) const noexcept {
  bool found = false;
  find_all(name, [&](std::string_view list) noexcept {
    while (!found && !list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view candidate = trim(list.substr(0, comma));
      found = !candidate.empty() && equals_ignoring_case(candidate, member);
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return !found;
  });
  return found;
}

}  // namespace wf::http
