#pragma once

#include <memory>
#include <string>

#include "waveforge/io/body_source.hpp"
#include "waveforge/io/directory.hpp"
#include "waveforge/io/worker.hpp"

namespace wf::store {

/// Take all of `body`, at most `bytes_max`, into a nameless file below `pending`. The result reads it again from its
/// first byte. Nothing of it stays in memory: a slow peer may take minutes to send it.
[[nodiscard]] io::task<result<std::unique_ptr<io::body_source>>> hold_body(io::worker& on, io::body_source& body,
                                                                           std::uint64_t bytes_max,
                                                                           const io::directory& pending,
                                                                           std::string file_name);

}  // namespace wf::store
