#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "waveforge/base/result.hpp"

namespace wf::ctl {

/// What lies below a session's directory.
struct session_tree {
  bool exists{false};
  std::map<std::string, std::uint64_t> files{};  ///< "chunks/segment" -> bytes; anything but a directory is a file here
  bool has_chunks_directory{false};

  [[nodiscard]] bool has(const std::string& path) const { return files.contains(path); }
  /// 0 when it is not there.
  [[nodiscard]] std::uint64_t size_of(const std::string& path) const {
    const auto at = files.find(path);
    return at == files.end() ? 0 : at->second;
  }
};

/// A directory that is not there, or an empty path, is a tree that does not exist. Links are not followed.
[[nodiscard]] result<session_tree> read_tree(const std::filesystem::path& directory);

}  // namespace wf::ctl
