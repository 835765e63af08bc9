#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace wf::test {

/// Journalled ext4 (read-only after an error), XFS with reflinks, or btrfs (for its quota; it cannot be cut).
enum class file_system : std::uint8_t { ext4, xfs, btrfs };
[[nodiscard]] const char* name_of(file_system kind) noexcept;

/// Why loop images cannot be had here; nullopt: they can.
[[nodiscard]] std::optional<std::string> no_loop_disks(file_system kind);

/// What the disk is for. Trials want a small image, whose journal comes round often; measurements want the journal that
/// mkfs gives, and writes that go to the machine's own disk at once: through its page cache each flush of the image
/// would wait for everything written to it.
enum class disk_use : std::uint8_t { trial, measurement };

/// A file system in a file, mounted where only this process and its children see it. Everything throws
/// std::runtime_error with what was being done. Unmounted and removed with the object.
class loop_disk {
 public:
  /// The image is a sparse file `image` of `size_bytes`, the mount point the directory `at`; both are made.
  loop_disk(file_system kind, const std::filesystem::path& image, const std::filesystem::path& at,
            std::uint64_t size_bytes, disk_use use = disk_use::trial);
  ~loop_disk();
  loop_disk(const loop_disk&) = delete;
  loop_disk& operator=(const loop_disk&) = delete;

  [[nodiscard]] const std::filesystem::path& at() const noexcept { return at_; }
  /// The power goes: nothing more reaches the image, not even the journal (the shutdown ioctl, no log flush). What the
  /// file system had handed to the block device is there afterwards, as on a disk without a volatile cache.
  void cut();
  /// After a cut, with nobody using it: unmounted and mounted again, which replays the journal. ext4 is checked first:
  /// its shutdown, unlike a power cut, may leave block bitmaps that do not agree with their checksums (Linux 6.18), and
  /// whoever goes on with those gets blocks that belong to others.
  void mount_again();
  void unmount();
  void mount();
  /// The file system finds itself damaged (ext4) and takes nothing more.
  void become_read_only() const;
  /// Bytes written to the block device since it was made.
  [[nodiscard]] std::uint64_t written_bytes() const;

 private:
  void attach(const std::filesystem::path& image, disk_use use);
  void check();

  file_system kind_;
  std::filesystem::path image_;
  std::filesystem::path at_;
  std::string device_{};
  int device_fd_{-1};
  bool mounted_{false};
  bool was_cut_{false};
};

}  // namespace wf::test
