#include "waveforge/io/directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

namespace wf::io {

namespace {

constexpr std::uint32_t file_mode = 0600;
constexpr std::uint32_t directory_mode = 0700;

std::uint32_t open_flags(open_mode mode) noexcept {
  switch (mode) {
    case open_mode::read: return O_RDONLY;
    case open_mode::read_write: return O_RDWR;
    case open_mode::create: return O_RDWR | O_CREAT;
    case open_mode::create_new: return O_RDWR | O_CREAT | O_EXCL;
    case open_mode::create_empty: return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

task<std::int32_t> open_at(int directory, std::string_view path, std::uint32_t flags) {
  operation op;
  op.kind = op_kind::open;
  op.fd = directory;
  op.path = path;
  op.flags = flags;
  op.mode = file_mode;
  return perform_uninterrupted(std::move(op));
}

/// The directory that holds a name, and the name alone. Only open has flags that keep a path beneath its directory; the
/// other operations are given one component each.
struct place {
  descriptor parent{};  ///< none: the directory itself
  int number{-1};
  std::string name{};
};

task<result<place>> locate(const directory& from, std::string_view path) {
  const std::size_t slash = path.rfind('/');
  place found;
  found.number = from.number();
  found.name = slash == path.npos ? path : path.substr(slash + 1);
  if (found.name.empty() || found.name == "." || found.name == "..") {
    co_return fail(os_error(EINVAL, fmt::format("look up {}", path)));
  }
  if (slash == path.npos) co_return found;
  const std::string_view parent = path.substr(0, slash);
  if (parent.empty()) co_return fail(os_error(EXDEV, fmt::format("look up {}", path)));
  const std::int32_t value = co_await open_at(from.number(), parent, O_RDONLY | O_DIRECTORY);
  if (value < 0) co_return fail(os_error(value, fmt::format("look up {}", path)));
  found.parent = descriptor{from.world(), value};
  found.number = value;
  co_return found;
}

result<void> outcome(std::int32_t value, std::string_view doing, std::string_view path) {
  if (value < 0) return fail(os_error(value, fmt::format("{} {}", doing, path)));
  return {};
}

task<result<void>> remove(const directory& from, std::string path, std::uint32_t flags) {
  auto where = co_await locate(from, path);
  if (!where) co_return fail(std::move(where.error()));
  operation op;
  op.kind = op_kind::unlink;
  op.fd = where->number;
  op.path = std::move(where->name);
  op.flags = flags;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, "remove", path);
}

task<result<file>> open_file_at(const directory& from, std::string path, std::uint32_t flags) {
  const std::int32_t value = co_await open_at(from.number(), path, flags);
  if (value < 0) co_return fail(os_error(value, fmt::format("open {}", path)));
  co_return file{descriptor{from.world(), value}};
}

task<result<directory>> open_directory_at(const directory& from, std::string path) {
  const std::int32_t value = co_await open_at(from.number(), path, O_RDONLY | O_DIRECTORY);
  if (value < 0) co_return fail(os_error(value, fmt::format("open directory {}", path)));
  co_return directory{descriptor{from.world(), value}};
}

task<result<bool>> make_directory_at(const directory& from, std::string path) {
  auto where = co_await locate(from, path);
  if (!where) co_return fail(std::move(where.error()));
  operation op;
  op.kind = op_kind::make_directory;
  op.fd = where->number;
  op.path = std::move(where->name);
  op.mode = directory_mode;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  if (value == -EEXIST) co_return false;
  if (value < 0) co_return fail(os_error(value, fmt::format("make directory {}", path)));
  co_return true;
}

/// rename and link: one file, two names.
task<result<void>> name_again(op_kind how, const directory& from_directory, std::string from,
                              const directory& to_directory, std::string to) {
  auto source = co_await locate(from_directory, from);
  if (!source) co_return fail(std::move(source.error()));
  auto target = co_await locate(to_directory, to);
  if (!target) co_return fail(std::move(target.error()));
  operation op;
  op.kind = how;
  op.fd = source->number;
  op.path = std::move(source->name);
  op.fd2 = target->number;
  op.path2 = std::move(target->name);
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, how == op_kind::rename ? "rename" : "link", from);
}

task<result<file_status>> status_at(const directory& from, std::string path) {
  auto where = co_await locate(from, path);
  if (!where) co_return fail(std::move(where.error()));
  auto answer = std::make_shared<file_status>();
  operation op;
  op.kind = op_kind::stat;
  op.fd = where->number;
  op.path = std::move(where->name);
  op.data = answer.get();
  op.owner = answer;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  if (value < 0) co_return fail(os_error(value, fmt::format("ask status of {}", path)));
  co_return *answer;
}

}  // namespace

// Paths are copied before anything is awaited: a caller may pass a temporary.

task<result<file>> directory::open_file(std::string_view path, open_mode mode, bool direct) const {
  return open_file_at(*this, std::string{path}, open_flags(mode) | (direct ? std::uint32_t{O_DIRECT} : 0U));
}

task<result<directory>> directory::open_directory(std::string_view path) const {
  return open_directory_at(*this, std::string{path});
}

task<result<bool>> directory::make_directory(std::string_view path) const {
  return make_directory_at(*this, std::string{path});
}

task<result<void>> directory::unlink(std::string_view path) const {
  return remove(*this, std::string{path}, 0);
}

task<result<void>> directory::remove_directory(std::string_view path) const {
  return remove(*this, std::string{path}, AT_REMOVEDIR);
}

task<result<void>> directory::rename(std::string_view from, const directory& to_directory, std::string_view to) const {
  return name_again(op_kind::rename, *this, std::string{from}, to_directory, std::string{to});
}

task<result<void>> directory::link(std::string_view from, const directory& to_directory, std::string_view to) const {
  return name_again(op_kind::link, *this, std::string{from}, to_directory, std::string{to});
}

task<result<void>> directory::sync() const {
  operation op;
  op.kind = op_kind::sync;
  op.fd = number();
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, "sync", "directory");
}

task<result<void>> directory::sync_file_system() const {
  operation op;
  op.kind = op_kind::sync_file_system;
  op.fd = number();
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, "sync", "file system");
}

task<result<file_status>> directory::status(std::string_view path) const {
  return status_at(*this, std::string{path});
}

task<result<std::vector<directory_entry>>> directory::list() const {
  auto entries = std::make_shared<std::vector<directory_entry>>();
  operation op;
  op.kind = op_kind::list;
  op.fd = number();
  op.data = entries.get();
  op.owner = entries;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  if (value < 0) co_return fail(os_error(value, "list directory"));
  co_return std::move(*entries);
}

}  // namespace wf::io
