#pragma once

#include <string_view>

namespace wf::store {

/// Names in a session's completed/ directory. The temporary ones start with a dot and are never told to anybody.
inline constexpr std::string_view manifest_name = "recording.meta";
inline constexpr std::string_view temporary_manifest_name = ".recording.meta.tmp";
inline constexpr std::string_view temporary_recording_name = ".recording.tmp";

}  // namespace wf::store
