#pragma once

#include <string>

#include "waveforge/base/clock.hpp"

namespace wf {

/// "2026-03-04T05:06:07.089Z": date and time of RFC 3339 5.6 in UTC, always with milliseconds. The format has four
/// digits for the year: times outside 0000 … 9999 are told as the nearest one inside.
[[nodiscard]] std::string to_rfc3339(utc_time at);

}  // namespace wf
