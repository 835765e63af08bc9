#pragma once

#include <cstdint>
#include <string>

#include "waveforge/session/recording.hpp"
#include "wfctl/table.hpp"

namespace wf::ctl {

/// The recording as a picture: a sign for each chunk, or for several where there are many, 64 signs a line after the
/// index of the first. Complete, begun, created and empty, not there at all. Ends with what the signs mean; empty for a
/// session without chunks.
[[nodiscard]] std::string chunk_strip(const session::recording& value, const look& with);

}  // namespace wf::ctl
