#include "waveforge/server/values.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace wf::server {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<unit, 10> size_units{{{"", 1},
                                           {"B", 1},
                                           {"KiB", 1ULL << 10U},
                                           {"MiB", 1ULL << 20U},
                                           {"GiB", 1ULL << 30U},
                                           {"TiB", 1ULL << 40U},
                                           {"KB", 1'000ULL},
                                           {"MB", 1'000'000ULL},
                                           {"GB", 1'000'000'000ULL},
                                           {"TB", 1'000'000'000'000ULL}}};
constexpr std::array<unit, 5> time_units{{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

/// A whole number and one of `units` behind it; nullopt when it is something else or does not fit.
template <std::size_t Count>
std::optional<std::uint64_t> scaled(std::string_view text, const std::array<unit, Count>& units) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const unit& one : units) {
    if (one.name != name) continue;
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / one.factor) return std::nullopt;
    return number * one.factor;
  }
  return std::nullopt;
}

}  // namespace

result<std::uint64_t> parse_size(std::string_view text) {
  if (const auto bytes = scaled(text, size_units)) return *bytes;
  return fail(errc::bad_request, "a size is a whole number with a unit, as in 512KiB, 5MiB or 2GB");
}

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds{0};
  if (const auto span = scaled(text, time_units)) return std::chrono::milliseconds{*span};
  return fail(errc::bad_request, "a time is a whole number with a unit, as in 500ms, 10s, 5m, 12h or 7d");
}

result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc{} && end == text.data() + text.size();
  if (whole && number >= least && number <= most) return number;
  return fail(errc::bad_request, fmt::format("it is a whole number from {} to {}", least, most));
}

result<store::free_floor> parse_free_floor(std::string_view text) {
  constexpr std::string_view right = "it is a share or a size, as in 5%, 10GiB or 5%,10GiB";
  store::free_floor floor{.fraction = 0, .bytes = 0};
  const std::size_t comma = text.find(',');
  for (const std::string_view part : {text.substr(0, comma), comma == text.npos ? "0" : text.substr(comma + 1)}) {
    if (!part.empty() && part.back() == '%') {
      const auto percent = parse_number(part.substr(0, part.size() - 1), 0, 99);
      if (!percent) return fail(errc::bad_request, std::string{right});
      floor.fraction = static_cast<double>(*percent) / 100;
    } else {
      const auto bytes = parse_size(part);
      if (!bytes) return fail(errc::bad_request, std::string{right});
      if (*bytes > 0) floor.bytes = *bytes;
    }
  }
  return floor;
}

result<bool> parse_switch(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return false;
  }
  return fail(errc::bad_request, "it is true or false");
}

}  // namespace wf::server
