#include "fault/support/loop_disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/command.hpp"

namespace wf::test {
namespace {

/// EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN have one number; 2 is "no log flush" for both.
constexpr unsigned long shutdown_request = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t no_log_flush = 2;
/// A killed server's rings let go of their files a moment after it was reaped.
constexpr auto unmount_patience = std::chrono::seconds{20};

[[noreturn]] void give_up(const std::string& doing) {
  throw std::runtime_error{fmt::format("{}: {}", doing, std::strerror(errno))};
}

/// Mounts of a test are its own: they end with it, however it ends.
bool have_own_mounts() {
  static const bool done =
      ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return done;
}

std::string make_command(file_system kind) {
  return std::string{"mkfs."} + name_of(kind);
}

}  // namespace

const char* name_of(file_system kind) noexcept {
  switch (kind) {
    case file_system::ext4: return "ext4";
    case file_system::xfs: return "xfs";
    case file_system::btrfs: return "btrfs";
  }
  return "";
}

std::optional<std::string> no_loop_disks(file_system kind) {
  if (::geteuid() != 0) return "needs root, to mount loop images";
  if (::access("/dev/loop-control", R_OK | W_OK) != 0) return "no /dev/loop-control here";
  bool have_command = false;
  for (const char* place : {"/usr/sbin/", "/sbin/", "/usr/bin/"}) {
    have_command = have_command || ::access((place + make_command(kind)).c_str(), X_OK) == 0;
  }
  if (!have_command) return fmt::format("{} is not installed", make_command(kind));
  std::ifstream known{"/proc/filesystems"};
  const std::string text{std::istreambuf_iterator<char>{known}, {}};
  if (text.find(fmt::format("\t{}\n", name_of(kind))) == std::string::npos) {
    return fmt::format("this kernel has no {}", name_of(kind));
  }
  if (!have_own_mounts()) return "mounts of our own are not allowed here";
  return std::nullopt;
}

loop_disk::loop_disk(file_system kind, const std::filesystem::path& image, const std::filesystem::path& at,
                     std::uint64_t size_bytes, disk_use use)
    : kind_{kind}, image_{image}, at_{at} {
  std::ofstream{image}.flush();
  std::filesystem::resize_file(image, size_bytes);
  std::vector<std::string> words{make_command(kind), "-q"};
  if (kind == file_system::ext4) {
    words.insert(words.end(), {"-E", "lazy_itable_init=1,nodiscard", "-m", "0", "-e", "remount-ro"});
    if (use == disk_use::trial) words.insert(words.end(), {"-J", "size=8"});
  } else if (kind == file_system::xfs) {
    words.insert(words.end(), {"-K", "-m", "reflink=1"});
  }
  words.push_back(image.string());
  const command_result made = run_command(words);
  if (made.exit_code != 0) throw std::runtime_error{fmt::format("{}: {}", make_command(kind), made.err)};
  attach(image, use);
  std::filesystem::create_directories(at);
  mount();
}

loop_disk::~loop_disk() {
  try {
    if (mounted_) unmount();
  } catch (const std::exception&) {
    ::umount2(at_.c_str(), MNT_DETACH);
  }
  if (device_fd_ >= 0) {
    ::ioctl(device_fd_, LOOP_CLR_FD, 0);
    ::close(device_fd_);
  }
  ::unlink(image_.c_str());
}

void loop_disk::attach(const std::filesystem::path& image, disk_use use) {
  const int control = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  const int file = ::open(image.c_str(), O_RDWR | O_CLOEXEC);
  if (control < 0 || file < 0) give_up("open the loop devices");
  // Another test may take the device that was free a moment ago.
  for (int tries = 0; device_fd_ < 0 && tries < 50; ++tries) {
    const int number = ::ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0) break;
    device_ = fmt::format("/dev/loop{}", number);
    const int device = ::open(device_.c_str(), O_RDWR | O_CLOEXEC);
    if (device < 0) break;
    loop_config with{};
    with.fd = static_cast<__u32>(file);
    with.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (use == disk_use::measurement) with.info.lo_flags |= LO_FLAGS_DIRECT_IO;
    if (::ioctl(device, LOOP_CONFIGURE, &with) == 0) {
      device_fd_ = device;
    } else {
      ::close(device);
    }
  }
  const int number = errno;
  ::close(control);
  ::close(file);
  errno = number;
  if (device_fd_ < 0) give_up("attach a loop device");
}

void loop_disk::mount() {
  if (std::exchange(was_cut_, false) && kind_ == file_system::ext4) check();
  if (::mount(device_.c_str(), at_.c_str(), name_of(kind_), 0, nullptr) != 0) give_up("mount " + at_.string());
  mounted_ = true;
}

void loop_disk::unmount() {
  const auto until = std::chrono::steady_clock::now() + unmount_patience;
  while (::umount2(at_.c_str(), 0) != 0) {
    if (errno != EBUSY || std::chrono::steady_clock::now() > until) give_up("unmount " + at_.string());
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  mounted_ = false;
}

void loop_disk::cut() {
  was_cut_ = true;
  const int root = ::open(at_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) give_up("open " + at_.string());
  std::uint32_t how = no_log_flush;
  const int refused = ::ioctl(root, shutdown_request, &how);
  const int number = errno;
  ::close(root);
  errno = number;
  if (refused != 0) give_up("shut the file system down");
}

void loop_disk::become_read_only() const {
  std::ofstream trigger{fmt::format("/sys/fs/ext4/{}/trigger_fs_error", device_.substr(5))};
  trigger << "told by a test" << std::flush;
  if (!trigger) give_up("have the file system find an error");
}

void loop_disk::mount_again() {
  unmount();
  mount();
}

void loop_disk::check() {
  const command_result done = run_command({"e2fsck", "-f", "-y", device_});
  if (done.exit_code < 0 || done.exit_code > 2) throw std::runtime_error{"e2fsck: " + done.out + done.err};
}

std::uint64_t loop_disk::written_bytes() const {
  std::ifstream stat{fmt::format("/sys/block/{}/stat", device_.substr(5))};
  std::uint64_t value = 0;
  for (int field = 0; field < 7; ++field) stat >> value;  // the seventh: sectors written
  return value * 512;
}

}  // namespace wf::test
