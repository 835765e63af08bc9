#pragma once

#include <string>
#include <string_view>

#include "waveforge/session/recording.hpp"

namespace wf::session {

/// The text of recording.meta: one JSON object with everything known about a finished recording, client metadata
/// verbatim. `durability`: name of the level; `version`: of the software. The recording is assembled and its total
/// known.
[[nodiscard]] std::string write_manifest(const recording& value, std::string_view durability, std::string_view version);

}  // namespace wf::session
