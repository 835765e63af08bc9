#pragma once

#include <string_view>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/error.hpp"
#include "wfctl/table.hpp"

namespace wf::ctl {

/// Where a verb speaks. Results go to standard output, as text or as one JSON value; notes for a person go to standard
/// error and never into the JSON.
class console {
 public:
  explicit console(bool json);

  [[nodiscard]] bool json() const noexcept { return json_; }
  [[nodiscard]] const look& style() const noexcept { return style_; }
  /// A progress bar may be drawn: standard error is a terminal.
  [[nodiscard]] bool can_redraw() const noexcept { return can_redraw_; }
  [[nodiscard]] utc_time now() const noexcept;

  void print(std::string_view text) const;
  /// Standard output took all that was printed.
  [[nodiscard]] bool printed_all() const noexcept;
  void note(std::string_view text) const;
  /// "wfctl: sentence" on standard error, of one thing among several.
  void refuse_one(const error& why) const;
  /// "wfctl: sentence" on standard error, and {"error":…} as the JSON value.
  void refuse(const error& why) const;

 private:
  bool json_;
  bool can_redraw_;
  look style_{};
};

}  // namespace wf::ctl
