#include "waveforge/http/date.hpp"

#include <algorithm>
#include <cstddef>

#include "waveforge/http/chars.hpp"

namespace wf::http {

namespace {

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
//                                   0    5  8   12   17       25
constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";

void put_number(date_text& text, std::size_t at, std::size_t digits, unsigned number) noexcept {
  for (std::size_t i = digits; i-- > 0; number /= 10) text[at + i] = static_cast<char>('0' + number % 10);
}

[[nodiscard]] unsigned read_number(std::string_view text, std::size_t at, std::size_t digits) noexcept {
  unsigned number = 0;
  for (std::size_t i = 0; i < digits; ++i) number = number * 10 + static_cast<unsigned>(text[at + i] - '0');
  return number;
}

/// Digits where the shape has digits; everywhere but in the two names, the character the shape has.
[[nodiscard]] bool has_shape(std::string_view text) noexcept {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool in_name = i < 3 || (i >= 8 && i < 11);
    if (in_name) continue;
    if (is_digit(shape[i]) ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

/// Place of a three-letter name in a table of them (case-sensitive, RFC 9110 5.6.7).
[[nodiscard]] std::optional<unsigned> find_name(std::string_view table, std::string_view name) noexcept {
  for (std::size_t i = 0; i < table.size(); i += 3) {
    if (table.substr(i, 3) == name) return static_cast<unsigned>(i / 3);
  }
  return std::nullopt;
}

}  // namespace

date_text format_date(std::chrono::sys_seconds time) noexcept {
  using namespace std::chrono;
  constexpr sys_seconds first = sys_days{year{0} / 1 / 1};
  constexpr sys_seconds last = sys_days{year{9999} / 12 / 31} + 86'399s;
  time = std::clamp(time, first, last);
  const auto day_point = floor<std::chrono::days>(time);
  const year_month_day date{day_point};
  const auto seconds_of_day = static_cast<unsigned>((time - day_point).count());
  date_text text;
  std::copy(shape.begin(), shape.end(), text.begin());
  const std::size_t weekday_at = std::size_t{weekday{day_point}.c_encoding()} * 3;
  const std::size_t month_at = std::size_t{static_cast<unsigned>(date.month()) - 1} * 3;
  std::copy_n(http::days.begin() + weekday_at, 3, text.begin());
  std::copy_n(http::months.begin() + month_at, 3, text.begin() + 8);
  put_number(text, 5, 2, static_cast<unsigned>(date.day()));
  put_number(text, 12, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put_number(text, 17, 2, seconds_of_day / 3600);
  put_number(text, 20, 2, seconds_of_day / 60 % 60);
  put_number(text, 23, 2, seconds_of_day % 60);
  return text;
}

std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) noexcept {
  using namespace std::chrono;
  if (!has_shape(text)) return std::nullopt;
  const auto day_name = find_name(http::days, text.substr(0, 3));
  const auto month_name = find_name(http::months, text.substr(8, 3));
  if (!day_name || !month_name) return std::nullopt;
  const year_month_day date{year{static_cast<int>(read_number(text, 12, 4))}, month{*month_name + 1},
                            day{read_number(text, 5, 2)}};
  const unsigned hour = read_number(text, 17, 2);
  const unsigned minute = read_number(text, 20, 2);
  const unsigned second = read_number(text, 23, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const sys_days day_point{date};
  if (weekday{day_point}.c_encoding() != *day_name) return std::nullopt;
  return day_point + hours{hour} + minutes{minute} + seconds{second};
}

}  // namespace wf::http
