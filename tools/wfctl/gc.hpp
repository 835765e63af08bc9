#pragma once

#include "waveforge/session/expiry.hpp"
#include "wfctl/fsck.hpp"

namespace wf::ctl {

/// What can go: sessions whose time is over and tombstones that need not be remembered any longer, as the server would
/// judge by the same rules; what crashes have left; and directories of sessions that no fact knows, which the server
/// never touches (docs/adr/0003). Among those a finished recording goes only with `forgotten_recordings`. Each is a
/// finding whose cure is its removal. Reads only.
[[nodiscard]] result<fsck_report> find_garbage(const data_dir& dir, const session::expiry_rules& rules,
                                               bool forgotten_recordings, const console& to);

[[nodiscard]] std::string garbage_text(const fsck_report& what, bool dry_run, const look& with);
[[nodiscard]] std::string garbage_json(const fsck_report& what, bool dry_run, const data_dir& dir);

}  // namespace wf::ctl
