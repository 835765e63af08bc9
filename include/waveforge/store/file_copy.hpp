#pragma once

#include <cstdint>
#include <functional>

#include "waveforge/io/file.hpp"
#include "waveforge/io/pipe_pool.hpp"

namespace wf::store {

/// Bring `length` bytes from one file into another: blocks are shared where the file system can, else they are read and
/// written. damaged when the source ends early. For the few bytes that are moved on a request's own ring.
[[nodiscard]] io::task<result<void>> copy_file(io::file& from, std::uint64_t from_offset, std::uint64_t length,
                                               io::file& into, std::uint64_t into_offset);

/// Which bytes of one file go where in another.
struct byte_move {
  std::uint64_t from_offset{0};
  std::uint64_t length{0};
  std::uint64_t into_offset{0};
};
/// Asked between pieces: false breaks off.
using go_on = std::function<bool()>;

/// As much as there is, without a byte in user space: blocks are shared where the file system can, else the bytes go
/// through a pipe into blocks reserved for them. no_space before the first byte, damaged when the source ends early,
/// locked when broken off. On the ring of `pipes`.
[[nodiscard]] io::task<result<void>> bring_bytes(io::file& from, byte_move what, io::file& into, io::pipe_pool& pipes,
                                                 go_on wanted = {});

}  // namespace wf::store
