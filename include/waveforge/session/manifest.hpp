#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waveforge/session/recording.hpp"

namespace wf::session {

/// Of what is written here. Whoever reads a manifest refuses later ones.
inline constexpr std::uint64_t manifest_version = 1;

/// The text of recording.meta: one JSON object with everything known about a finished recording, client metadata
/// verbatim; docs/storage_format.md lists its members. `durability`: name of the level; `version`: of the software. The
/// recording is assembled, its total known and its late metadata empty or a JSON object. Nothing is retained.
[[nodiscard]] std::string write_manifest(const recording& value, std::string_view durability, std::string_view version);

}  // namespace wf::session
