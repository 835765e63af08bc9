#pragma once

#include "waveforge/base/error.hpp"

namespace wf::ctl {

/// What the shell is told; docs/operations.md has the same table.
enum class exit_status : int {
  done = 0,
  found = 1,    ///< fsck or scrub has found damage that is still there
  usage = 2,    ///< wrong words, or not a data dir
  unknown = 3,  ///< no such session, or it has no such thing
  busy = 4,     ///< a server has the data dir and must not; or no server answers and one must
  failed = 5,   ///< the disk, the network or the server said no
};

[[nodiscard]] inline exit_status status_of(const error& why) noexcept {
  switch (why.code) {
    case errc::bad_request: return exit_status::usage;
    // With an errno behind it, it is a file that is missing, and not a session.
    case errc::not_found: return why.os_errno == 0 ? exit_status::unknown : exit_status::failed;
    case errc::cancelled:
    case errc::expired: return exit_status::unknown;
    case errc::unavailable:
    case errc::locked: return exit_status::busy;
    default: return exit_status::failed;
  }
}

}  // namespace wf::ctl
