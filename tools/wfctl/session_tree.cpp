#include "wfctl/session_tree.hpp"

#include <fmt/format.h>

namespace wf::ctl {

namespace fs = std::filesystem;

result<session_tree> read_tree(const fs::path& directory) {
  session_tree out;
  std::error_code failure;
  if (directory.empty() || !fs::is_directory(directory, failure)) return out;
  out.exists = true;
  out.has_chunks_directory = fs::is_directory(directory / "chunks", failure);
  auto at = fs::recursive_directory_iterator{directory, failure};
  for (; !failure && at != fs::recursive_directory_iterator{}; at.increment(failure)) {
    std::error_code gone;  // a running server removes files while we look
    const auto status = at->symlink_status(gone);
    if (gone || status.type() == fs::file_type::directory) continue;
    const std::uintmax_t size = status.type() == fs::file_type::regular ? at->file_size(gone) : 0;
    out.files[at->path().lexically_relative(directory).string()] = gone ? 0 : size;
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return fail(errc::io_failed, fmt::format("cannot look into {}: {}", directory.string(), failure.message()));
  }
  return out;
}

}  // namespace wf::ctl
