#pragma once

#include <set>
#include <string>
#include <vector>

#include "wfctl/data_dir.hpp"
#include "wfctl/finding.hpp"

namespace wf::ctl {

/// What lies in the data dir and is no session's: directories of sessions that no fact knows, bodies in .pending that
/// outlived their request, and files that are not the server's at all. `directories`: of the sessions that are known,
/// below the data dir. Beside a running server .pending is left out: it is in use.
[[nodiscard]] result<std::vector<finding>> find_unknown_files(const data_dir& dir,
                                                              const std::set<std::string>& directories);

}  // namespace wf::ctl
