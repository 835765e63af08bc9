#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "wfctl/console.hpp"
#include "wfctl/data_dir.hpp"

namespace wf::ctl {

struct exported {
  std::string session{};
  std::string file{};
  std::uint64_t bytes{0};
  std::string sha256{};
  std::string compared_with{};  ///< digests that were taken at assembly: "sha256", "crc32c" of each chunk, or "none"
};

/// Copies a finished recording to `file` ("-": standard output). The file is complete, checked and synced, or not there
/// at all; one that exists is replaced only with `force`. Not finished: state_conflict with what is missing.
[[nodiscard]] result<exported> export_recording(const data_dir& dir, const session::session_id& id,
                                                const std::filesystem::path& file, bool force, const console& to);

}  // namespace wf::ctl
