#pragma once

#include <cstdint>

#include "waveforge/io/file.hpp"

namespace wf::store {

/// Bring `length` bytes from one file into another: blocks are shared where the file system can, else they are read and
/// written. damaged when the source ends early. For the few bytes that are moved on a request's own ring; recordings
/// are put together by the assembler.
[[nodiscard]] io::task<result<void>> copy_file(io::file& from, std::uint64_t from_offset, std::uint64_t length,
                                               io::file& into, std::uint64_t into_offset);

}  // namespace wf::store
