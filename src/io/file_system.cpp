#include "file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace wf::io {

namespace {

constexpr mode_t data_dir_mode = 0700;

// Newer than the C library's headers on the oldest distribution we build on.
constexpr unsigned statx_mnt_id_unique = 0x4000;  // STATX_MNT_ID_UNIQUE, kernel 6.8
struct fs_uuid {                                  // struct fsuuid2, kernel 6.9
  std::uint8_t length;
  std::uint8_t bytes[16];
};
constexpr unsigned long get_fs_uuid = _IOR(0x15, 0, fs_uuid);  // FS_IOC_GETFSUUID

struct known_type {
  std::uint64_t magic;
  const char* name;
};
constexpr known_type known_types[] = {
    {0xef53, "ext4"},          {0x58465342, "xfs"},  {0x9123683e, "btrfs"},    {0x01021994, "tmpfs"},
    {0xf2f52010, "f2fs"},      {0x2fc12fc1, "zfs"},  {0xca451a4e, "bcachefs"}, {0x6969, "nfs"},
    {0x794c7630, "overlayfs"}, {0xff534d42, "cifs"}, {0x65735546, "fuse"},     {0x01021997, "9p"},
};

class owned_fd {
 public:
  explicit owned_fd(int fd) noexcept : fd_(fd) {}
  ~owned_fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  owned_fd(const owned_fd&) = delete;
  owned_fd& operator=(const owned_fd&) = delete;
  [[nodiscard]] int number() const noexcept { return fd_; }

 private:
  int fd_;
};

std::string type_name(std::uint64_t magic) {
  for (const auto& type : known_types) {
    if (type.magic == magic) return type.name;
  }
  return fmt::format("{:x}", magic);
}

std::string uuid_text(const std::uint8_t (&bytes)[16]) {
  std::string text;
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

/// udev names every block device by the UUID of the file system on it.
std::string uuid_by_device(dev_t device) {
  const std::unique_ptr<DIR, int (*)(DIR*)> names{::opendir("/dev/disk/by-uuid"), &::closedir};
  if (!names) return {};
  while (const dirent* entry = ::readdir(names.get())) {
    struct stat status {};
    if (::fstatat(::dirfd(names.get()), entry->d_name, &status, 0) != 0) continue;
    if (S_ISBLK(status.st_mode) && status.st_rdev == device) return entry->d_name;
  }
  return {};
}

std::string uuid_of(int fd, dev_t device) {
  fs_uuid answer{};
  if (::ioctl(fd, get_fs_uuid, &answer) == 0 && answer.length == sizeof answer.bytes) return uuid_text(answer.bytes);
  return uuid_by_device(device);
}

void ask_mount(int fd, file_system_facts& facts) {
  struct statx answer {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID | statx_mnt_id_unique, &answer) != 0) return;
  facts.mount_instance_unique = (answer.stx_mask & statx_mnt_id_unique) != 0;
  facts.mount_instance = answer.stx_mnt_id;
  if (facts.mount_instance_unique) return;
  // Mount ids of before are given again after an unmount: with the device beside it that is at least rarer.
  facts.mount_instance ^= (std::uint64_t{answer.stx_dev_major} << 52U) ^ (std::uint64_t{answer.stx_dev_minor} << 32U);
}

/// Asked of a file, since a directory has no direct I/O; one without a name disturbs nobody.
void ask_direct(int directory, file_system_facts& facts) {
  const owned_fd file{::openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (file.number() < 0) return;
  struct statx answer {};
  if (::statx(file.number(), "", AT_EMPTY_PATH, STATX_DIOALIGN, &answer) != 0) return;
  if ((answer.stx_mask & STATX_DIOALIGN) == 0) return;
  facts.direct_memory_alignment = answer.stx_dio_mem_align;
  facts.direct_offset_alignment = answer.stx_dio_offset_align;
}

}  // namespace

result<int> open_with_parents(const std::string& path) {
  if (path.empty()) return fail(errc::bad_request, "open a directory: its path is empty");
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string parent = path.substr(0, end);
    if (::mkdir(parent.c_str(), data_dir_mode) != 0 && errno != EEXIST) {
      return fail(os_error(errno, fmt::format("make directory {}", parent)));
    }
  }
  if (::mkdir(path.c_str(), data_dir_mode) != 0 && errno != EEXIST) {
    return fail(os_error(errno, fmt::format("make directory {}", path)));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(os_error(errno, fmt::format("open directory {}", path)));
  return fd;
}

result<file_system_facts> ask_file_system(int fd) {
  struct statfs totals {};
  struct stat status {};
  if (::fstatfs(fd, &totals) != 0 || ::fstat(fd, &status) != 0) return fail(os_error(errno, "ask a file system"));
  file_system_facts facts;
  facts.type = type_name(static_cast<std::uint64_t>(static_cast<unsigned long>(totals.f_type)));
  facts.uuid = uuid_of(fd, status.st_dev);
  facts.block_bytes = static_cast<std::uint32_t>(totals.f_bsize);
  ask_mount(fd, facts);
  ask_direct(fd, facts);
  return facts;
}

}  // namespace wf::io
