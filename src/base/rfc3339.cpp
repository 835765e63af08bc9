#include "waveforge/base/rfc3339.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wf {

std::string to_rfc3339(utc_time at) {
  using namespace std::chrono;
  constexpr utc_time first = sys_days{year{0} / January / 1};
  constexpr utc_time last = sys_days{year{9999} / December / 31} + days{1} - milliseconds{1};
  at = std::clamp(at, first, last);
  const auto midnight = floor<days>(at);
  const year_month_day date{midnight};
  const hh_mm_ss time{at - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

}  // namespace wf
