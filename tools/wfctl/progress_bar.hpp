#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "wfctl/console.hpp"

namespace wf::ctl {

/// "checking  [######    ]  58 %  1.2 GiB of 2.0 GiB  12 s left" in `columns`. `total` 0: not known, only what was done
/// is told. Pure.
[[nodiscard]] std::string progress_text(std::string_view doing, std::uint64_t done, std::uint64_t total, bool bytes,
                                        std::chrono::milliseconds elapsed, const look& with);

/// Shows how far a long thing is: from its second second on, ten times a second at most, on a terminal only. Wiped away
/// at its end.
class progress_bar {
 public:
  /// `bytes`: the numbers are sizes.
  progress_bar(const console& to, std::string doing, std::uint64_t total, bool bytes);
  ~progress_bar();
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  void add(std::uint64_t more);

 private:
  using steady = std::chrono::steady_clock;
  std::string doing_;
  std::uint64_t total_;
  bool bytes_;
  bool possible_;
  bool shown_{false};
  look style_;
  std::uint64_t done_{0};
  steady::time_point began_{steady::now()};
  steady::time_point next_{began_ + std::chrono::seconds{1}};
};

}  // namespace wf::ctl
