#include "waveforge/http/range.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "waveforge/http/chars.hpp"

namespace wf::http {

namespace {

/// 1*DIGIT; a number that does not fit is the largest one: a position behind every end means the same wherever it is.
[[nodiscard]] std::optional<std::uint64_t> parse_position(std::string_view text) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  if (text.empty() || !detail::all_of_class(text, detail::class_digit)) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    number = number > (most - digit) / 10 ? most : number * 10 + digit;
  }
  return number;
}

}  // namespace

range_choice choose_range(std::string_view range_field, std::uint64_t size_bytes) noexcept {
  constexpr std::string_view unit = "bytes=";
  if (!equals_ignoring_case(range_field.substr(0, unit.size()), unit)) return {};
  const std::string_view range = trim(range_field.substr(unit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view first_text = range.substr(0, dash);
  const auto last = parse_position(range.substr(dash + 1));
  const bool open_end = dash + 1 == range.size();
  if (!last && !open_end) return {};
  if (first_text.empty()) {
    // The last `last` bytes; of nothing, or nothing of something, there is no range.
    if (!last) return {};
    if (*last == 0 || size_bytes == 0) return {.kind = range_kind::unsatisfiable};
    return {range_kind::part, size_bytes - std::min(*last, size_bytes), size_bytes - 1};
  }
  const auto first = parse_position(first_text);
  if (!first || (last && *last < *first)) return {};
  if (*first >= size_bytes) return {.kind = range_kind::unsatisfiable};
  return {range_kind::part, *first, std::min(last.value_or(size_bytes - 1), size_bytes - 1)};
}

}  // namespace wf::http
