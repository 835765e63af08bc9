#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "waveforge/io/file.hpp"

namespace wf::io {

enum class open_mode : std::uint8_t {
  read,          ///< must exist
  read_write,    ///< must exist
  create,        ///< created when missing, kept when there
  create_new,    ///< must not exist
  create_empty,  ///< created or emptied
};

/// An open directory: paths below it are resolved beneath it and never through a symbolic link (openat2 RESOLVE_BENEATH
/// | RESOLVE_NO_SYMLINKS). Files are made with mode 0600, directories with 0700. A new name is durable only after the
/// directory that holds it was synced.
class directory {
 public:
  directory() noexcept = default;
  explicit directory(descriptor fd) noexcept : fd_(std::move(fd)) {}

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  [[nodiscard]] int number() const noexcept { return fd_.number(); }
  [[nodiscard]] kernel& world() const noexcept { return fd_.world(); }

  /// `direct`: with O_DIRECT.
  [[nodiscard]] task<result<file>> open_file(std::string_view path, open_mode mode, bool direct = false) const;
  [[nodiscard]] task<result<directory>> open_directory(std::string_view path) const;
  /// One level. True: made now; false: it was there.
  [[nodiscard]] task<result<bool>> make_directory(std::string_view path) const;
  /// not_found is a failure like any other.
  [[nodiscard]] task<result<void>> unlink(std::string_view path) const;
  [[nodiscard]] task<result<void>> remove_directory(std::string_view path) const;
  /// Replaces what is there.
  [[nodiscard]] task<result<void>> rename(std::string_view from, const directory& to_directory,
                                          std::string_view to) const;
  /// Give a file one more name, here or elsewhere on the file system; there must be nothing of that name yet. io_failed
  /// where the file system keeps one name a file.
  [[nodiscard]] task<result<void>> link(std::string_view from, const directory& to_directory,
                                        std::string_view to) const;
  [[nodiscard]] task<result<void>> sync() const;
  /// syncfs(2) of the file system it lies on.
  [[nodiscard]] task<result<void>> sync_file_system() const;
  [[nodiscard]] task<result<file_status>> status(std::string_view path) const;
  /// Without "." and "..", unsorted.
  [[nodiscard]] task<result<std::vector<directory_entry>>> list() const;
  [[nodiscard]] result<space> free_space() const noexcept { return fd_.world().space_of(fd_.number()); }

 private:
  descriptor fd_;
};

}  // namespace wf::io
