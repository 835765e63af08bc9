#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace wf::test {

/// Which of the traced disk operations a process is killed before, counted from 1: all of them, but of more than eight
/// that read the same the first two, the middle and the last two. The facts' log is zeroed ahead in dozens of writes
/// between which nothing is said.
[[nodiscard]] inline std::vector<std::size_t> steps_to_die_at(const std::vector<std::string>& lines) {
  constexpr std::size_t long_run = 8;
  constexpr std::size_t edge = 2;
  std::vector<std::size_t> chosen;
  for (std::size_t begin = 0; begin < lines.size();) {
    const auto differs = std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end(),
                                      [&](const std::string& one) { return one != lines[begin]; });
    const auto end = static_cast<std::size_t>(differs - lines.begin());
    for (std::size_t at = begin; at < end; ++at) {
      const bool at_an_edge = at < begin + edge || at + edge >= end;
      if (end - begin <= long_run || at_an_edge || at == (begin + end) / 2) chosen.push_back(at + 1);
    }
    begin = end;
  }
  return chosen;
}

}  // namespace wf::test
