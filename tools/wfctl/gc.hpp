#pragma once

#include "waveforge/session/expiry.hpp"
#include "wfctl/fsck.hpp"

namespace wf::ctl {

/// What a server with these rules would remove now: sessions whose time is over, tombstones that need not be remembered
/// any longer, and what crashes have left. Each is a finding whose cure is its removal; what must not go is not among
/// them. Reads only.
[[nodiscard]] result<fsck_report> find_garbage(const data_dir& dir, const session::expiry_rules& rules,
                                               const console& to);

[[nodiscard]] std::string garbage_text(const fsck_report& what, bool dry_run, const look& with);
[[nodiscard]] std::string garbage_json(const fsck_report& what, bool dry_run, const data_dir& dir);

}  // namespace wf::ctl
