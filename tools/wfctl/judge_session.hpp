#pragma once

#include <string>
#include <vector>

#include "wfctl/finding.hpp"
#include "wfctl/session_tree.hpp"
#include "wfctl/stored_session.hpp"

namespace wf::ctl {

/// What else there is to know of a session.
struct session_surroundings {
  std::string directory{};  ///< below the data dir; empty: there is none
  bool queued{false};       ///< a work row will make the server take it up at its next start
  std::string manifest{};   ///< text of recording.meta; empty when there is none
};

/// Compares what the facts say with what lies on disk, by the rules the server itself uses when it loads a session
/// (docs/durability.md). Pure. A mending never touches a byte that was promised to anybody.
[[nodiscard]] std::vector<finding> judge_session(const stored_session& facts, const session_tree& files,
                                                 const session_surroundings& around);

}  // namespace wf::ctl
