#include "wfctl/export.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "wfctl/file_reader.hpp"
#include "wfctl/known_digests.hpp"
#include "wfctl/ls.hpp"
#include "wfctl/progress_bar.hpp"
#include "wfctl/stored_session.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

namespace fs = std::filesystem;

/// A file under a name of its own until it is whole.
class growing_file {
 public:
  static result<growing_file> open(const fs::path& path, bool force) {
    growing_file made;
    if (path == "-") {
      made.fd_ = STDOUT_FILENO;
      return made;
    }
    std::error_code ignored;
    const fs::file_status there = fs::status(path, ignored);
    // A rename would put the recording in the place of a device or a pipe, for every other program, too.
    if (path.empty() || (fs::exists(there) && !fs::is_regular_file(there))) {
      return fail(errc::bad_request, fmt::format("'{}' is no file; name one, or - for standard output", path.string()));
    }
    if (!force && fs::exists(there)) {
      return fail(errc::bad_request, fmt::format("{} is there already; --force replaces it", path.string()));
    }
    made.final_ = path;
    const fs::path beside = path.has_parent_path() ? path.parent_path() : fs::path{"."};
    // Without a name until it is whole, so that a signal in between leaves nothing.
    made.fd_ = ::open(beside.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
    if (made.fd_ >= 0) return made;
    if (errno == EOPNOTSUPP || errno == EISDIR) {  // not every file system can
      made.temporary_ = made.temporary_name();
      made.fd_ = ::open(made.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    }
    if (made.fd_ >= 0) return made;
    const int why = errno;
    made.temporary_.clear();
    return fail(os_error(why, fmt::format("make {}", path.string())));
  }
  growing_file(growing_file&& other) noexcept
      : fd_{std::exchange(other.fd_, -1)},
        temporary_{std::exchange(other.temporary_, {})},
        final_{std::move(other.final_)} {}
  growing_file& operator=(growing_file&&) = delete;
  ~growing_file() {
    if (!final_.empty() && fd_ >= 0) ::close(fd_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  [[nodiscard]] result<void> write(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        const int why = errno;
        return fail(os_error(why, fmt::format("write {}", final_.empty() ? "standard output" : final_.string())));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }
  [[nodiscard]] result<void> finish() {
    if (final_.empty()) return {};
    if (::fsync(fd_) != 0 || !give_name() || ::rename(temporary_.c_str(), final_.c_str()) != 0) {
      const int why = errno;
      return fail(os_error(why, fmt::format("finish {}", final_.string())));
    }
    temporary_.clear();
    return {};
  }

 private:
  growing_file() = default;
  [[nodiscard]] std::string temporary_name() const { return final_.string() + ".wfctl-" + std::to_string(::getpid()); }
  /// A file without a name gets one beside the final one, whose place only a rename can take.
  [[nodiscard]] bool give_name() {
    if (!temporary_.empty()) return true;
    const std::string open_file = fmt::format("/proc/self/fd/{}", fd_);
    const std::string name = temporary_name();
    if (::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) return false;
    temporary_ = name;
    return true;
  }
  int fd_{-1};             ///< closed at the end unless it is standard output, which has no final name
  std::string temporary_;  ///< removed at the end; empty: it has no name, or the final one
  fs::path final_;
};

result<void> check_finished(const stored_session& one) {
  const session::recording& value = one.value;
  if (value.now == session::state::assembled) return {};
  const std::string id = name_of(value.id);
  if (session::is_tombstone(value.now)) {
    return fail(errc::not_found, fmt::format("{} was {}; its bytes are gone", id, session::name_of(value.now)));
  }
  if (value.now == session::state::damaged) {
    return fail(errc::damaged, fmt::format("{} is damaged: {}; `wfctl fsck` says more", id, value.failure));
  }
  return fail(errc::state_conflict,
              fmt::format("{} is {} with chunks {}; there is a recording once it is assembled (`wfctl assemble {}`)",
                          id, session::name_of(value.now), chunks_of(line_of(value)), id));
}

}  // namespace

result<exported> export_recording(const data_dir& dir, const session::session_id& id, const fs::path& file, bool force,
                                  const console& to) {
  const auto facts = read_session(dir.rows(), id, dir.era());
  if (!facts) return fail(facts.error());
  if (auto finished = check_finished(*facts); !finished) return fail(finished.error());
  const session::recording& value = facts->value;
  auto into = growing_file::open(file, force);
  if (!into) return fail(into.error());
  const fs::path completed = session_directory(dir.path(), id) / "completed";
  const fs::path from = completed / value.file_name;
  const known_digests known = digests_of(value, completed);
  progress_bar bar{to, "exporting", value.size_bytes, true};
  sha256_sum sum;
  chunk_checker chunks{known.chunks};
  const auto copied = read_through(from, false, [&](std::span<const std::byte> bytes) {
    sum.add(bytes);
    chunks.add(bytes);
    bar.add(bytes.size());
    return into->write(bytes);
  });
  if (!copied) return fail(copied.error());
  if (*copied != value.size_bytes) {
    return fail(errc::damaged, fmt::format("{} has {} bytes and its facts say {}; nothing was exported", from.string(),
                                           *copied, value.size_bytes));
  }
  chunks.add({});
  exported out{name_of(id), file.string(), *copied, sum.hex(), std::string{known.kind()}};
  if (!known.sha256.empty() && known.sha256 != out.sha256) {
    return fail(errc::checksum_mismatch, fmt::format("{} has not the bytes it was finished with (sha256 {} instead of "
                                                     "{}); nothing was exported",
                                                     from.string(), out.sha256, known.sha256));
  }
  if (!chunks.wrong().empty()) {
    return fail(
        errc::checksum_mismatch,
        fmt::format("{} has not the bytes it was finished with (the crc32c of {} differs: {}); nothing was "
                    "exported",
                    from.string(), counted(chunks.wrong().size(), "chunk", "chunks"), fmt::join(chunks.wrong(), ", ")));
  }
  if (auto whole = into->finish(); !whole) return fail(whole.error());
  return out;
}

}  // namespace wf::ctl
