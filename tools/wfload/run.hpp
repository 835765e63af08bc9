#pragma once

#include <atomic>

#include "waveforge/base/result.hpp"
#include "wfload/options.hpp"
#include "wfload/report.hpp"

namespace wf::load {

/// Plays a whole run: resolves, starts the threads, shows progress on standard error when it is a terminal, waits and
/// merges. `stop`: set it (from a signal) to begin no new recordings. Errors: the target cannot be resolved, or the
/// system refuses sockets.
[[nodiscard]] result<outcome> play(const options& how, const std::atomic<bool>& stop);

}  // namespace wf::load
