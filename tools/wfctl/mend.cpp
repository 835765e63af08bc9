#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "waveforge/session/manifest.hpp"
#include "waveforge/store/recording_names.hpp"
#include "wfctl/fsck.hpp"
#include "wfctl/progress_bar.hpp"
#include "wfctl/stored_session.hpp"

namespace wf::ctl {

namespace {

namespace fs = std::filesystem;

result<void> sync_directory(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(os_error(errno, fmt::format("open {}", path.string())));
  const int synced = ::fsync(fd);
  const int why = errno;
  ::close(fd);
  if (synced != 0) return fail(os_error(why, fmt::format("sync {}", path.string())));
  return {};
}

/// All of `text` under a temporary name, synced, then renamed into place.
result<void> replace_file(const fs::path& path, const fs::path& temporary, std::string_view text) {
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(os_error(errno, fmt::format("make {}", temporary.string())));
  const ssize_t put = ::write(fd, text.data(), text.size());
  const bool whole = put == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int why = errno;
  ::close(fd);
  if (!whole || ::rename(temporary.c_str(), path.c_str()) != 0) {
    return fail(os_error(whole ? errno : why, fmt::format("write {}", path.string())));
  }
  return sync_directory(path.parent_path());
}

result<void> rewrite_manifest(const data_dir& dir, const finding& one) {
  const auto id = parse_name(one.session);
  if (!id) return fail(id.error());
  const auto facts = read_session(dir.rows(), *id, dir.era());
  if (!facts) return fail(facts.error());
  const fs::path completed = session_directory(dir.path(), *id) / "completed";
  std::error_code failure;
  fs::create_directories(completed, failure);
  if (failure) return fail(errc::io_failed, fmt::format("make {}: {}", completed.string(), failure.message()));
  // Nobody remembers under which level it was finished.
  const std::string text = session::write_manifest(facts->value, "unknown", "wfctl");
  return replace_file(completed / store::manifest_name, completed / store::temporary_manifest_name, text);
}

result<void> remove(const data_dir& dir, const std::string& path) {
  std::error_code failure;
  fs::remove_all(dir.path() / path, failure);
  if (failure) return fail(errc::io_failed, fmt::format("remove {}: {}", path, failure.message()));
  return sync_directory((dir.path() / path).parent_path());
}

}  // namespace

result<void> mend(const data_dir& dir, fsck_report& what, const console& to) {
  progress_bar bar{to, "mending", what.found.size(), false};
  for (finding& one : what.found) {
    bar.add(1);
    if (!one.cure.possible()) continue;
    if (!one.cure.rows_first.empty()) {
      if (auto applied = dir.rows().apply(one.cure.rows_first, true); !applied) return applied;
    }
    // Files go before the rows that speak of them, so that what is broken off is found again.
    for (const std::string& path : one.cure.remove) {
      if (auto removed = remove(dir, path); !removed) return removed;
    }
    if (one.cure.rewrite_manifest) {
      if (auto written = rewrite_manifest(dir, one); !written) return written;
    }
    if (!one.cure.rows.empty()) {
      if (auto applied = dir.rows().apply(one.cure.rows, true); !applied) return applied;
    }
    one.mended = true;
  }
  return {};
}

}  // namespace wf::ctl
