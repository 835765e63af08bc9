#pragma once

#include <optional>

#include "wfload/options.hpp"

namespace wf::load {

/// Parses the arguments of `main`. Nothing when the process is to end at once, with `exit_code` (help, or a mistake,
/// which is explained on standard error). Counts that contradict each other are corrected to what can be run.
[[nodiscard]] std::optional<options> parse_command_line(int count, const char* const* words, int& exit_code);

}  // namespace wf::load
