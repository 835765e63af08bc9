#pragma once

#include <string>
#include <vector>

#include "wfctl/console.hpp"
#include "wfctl/data_dir.hpp"
#include "wfctl/finding.hpp"
#include "wfctl/session_tree.hpp"
#include "wfctl/stored_session.hpp"

namespace wf::ctl {

/// A session with everything there is to see of it.
struct session_sight {
  stored_session facts{};
  std::string directory{};  ///< below the data dir; empty: it has none
  session_tree files{};
  std::vector<finding> findings{};
  std::string rows_as_text{};
};

/// One session as it is now: facts, files, and how they agree. `rows_too`: its rows as text, for which all expiry rows
/// are read.
[[nodiscard]] result<session_sight> look_at(const data_dir& dir, const session::session_id& id, bool rows_too);
/// The same for facts that were read already.
[[nodiscard]] result<session_sight> look_at_files(const data_dir& dir, stored_session facts);
/// `brief`: without the table of chunks and the facts.
[[nodiscard]] std::string sight_text(const session_sight& what, utc_time now, bool brief, const look& with);
[[nodiscard]] std::string sight_json(const session_sight& what);

}  // namespace wf::ctl
