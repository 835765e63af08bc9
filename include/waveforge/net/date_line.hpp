#pragma once

#include <chrono>
#include <string_view>

#include "waveforge/base/clock.hpp"
#include "waveforge/http/date.hpp"

namespace wf::net {

/// The value of Date (RFC 9110 6.6.1), written once a second. One worker's.
class date_line {
 public:
  explicit date_line(const clock& time) noexcept : time_(time) {}

  /// Valid until the next call.
  [[nodiscard]] std::string_view now() noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(time_.utc_now());
    if (second != written_) {
      text_ = http::format_date(second);
      written_ = second;
    }
    return http::as_view(text_);
  }

 private:
  const clock& time_;
  std::chrono::sys_seconds written_{std::chrono::sys_seconds::min()};
  http::date_text text_{};
};

}  // namespace wf::net
