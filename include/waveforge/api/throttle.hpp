#pragma once

#include <optional>

#include "waveforge/api/context.hpp"

namespace wf::api {

/// Counts one creation of `id` against its session's rate and waits if it came a little early. An answer: it is
/// refused (429), or the wait was cancelled.
[[nodiscard]] io::task<std::optional<reply>> throttle(context& now, session::session_id id);

}  // namespace wf::api
