#pragma once

#include <cstdint>
#include <string>

#include "waveforge/base/result.hpp"
#include "waveforge/io/body_source.hpp"
#include "waveforge/io/task.hpp"

namespace wf::api {

/// A whole body as text, for JSON and forms. No memory is held while the peer is waited for beyond what has come.
/// too_large past `bytes_max` (told from Content-Length before anything is read); what the body failed with.
[[nodiscard]] io::task<result<std::string>> read_small_body(io::body_source& body, std::uint64_t bytes_max);

}  // namespace wf::api
