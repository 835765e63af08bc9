#pragma once

#include "waveforge/base/result.hpp"
#include "wfctl/command_line.hpp"
#include "wfctl/console.hpp"
#include "wfctl/exit_status.hpp"

namespace wf::ctl {

/// Does what was asked for and says what came of it. A failure has been said nothing of yet.
[[nodiscard]] result<exit_status> run(const command& asked, const console& to);

}  // namespace wf::ctl
