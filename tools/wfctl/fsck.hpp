#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wfctl/console.hpp"
#include "wfctl/data_dir.hpp"
#include "wfctl/finding.hpp"

namespace wf::ctl {

struct fsck_report {
  std::uint64_t sessions{0};
  std::vector<finding> found{};
  bool beside_server{false};

  [[nodiscard]] std::uint64_t count(weight how_bad, bool mended) const;
  [[nodiscard]] std::uint64_t leftover_bytes() const;
  /// No damage is left.
  [[nodiscard]] bool good() const { return count(weight::damage, false) == 0; }
};

/// Compares every fact with every file, and looks for what belongs to nothing. Reads only. While a server runs, what
/// seems wrong is looked at again, since it may have been looked at in the middle of a change.
[[nodiscard]] result<fsck_report> check_data_dir(const data_dir& dir, const console& to);
/// Does what the findings say can be done; each that was is marked. Needs a claimed data dir that was opened to write.
[[nodiscard]] result<void> mend(const data_dir& dir, fsck_report& what, const console& to);

/// `all`: leftovers and notes one by one; else only what is damaged or was mended.
[[nodiscard]] std::string fsck_text(const fsck_report& what, bool all, const look& with);
[[nodiscard]] std::string fsck_json(const fsck_report& what, const data_dir& dir);

}  // namespace wf::ctl
