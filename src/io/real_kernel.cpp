#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fstream>

#include "address.hpp"
#include "file_system.hpp"
#include "listen.hpp"
#include "uring_ring.hpp"
#include "waveforge/io/kernel.hpp"

namespace wf::io {

namespace {

/// A pipe of one page is what the kernel makes when an ordinary user's allowance is spent.
constexpr std::uint32_t pipe_bytes_min = 4096;

std::int32_t value_of(ssize_t returned) noexcept {
  return returned < 0 ? -errno : static_cast<std::int32_t>(returned);
}

std::size_t transfer_size(std::size_t wanted) noexcept {
  return std::min<std::size_t>(wanted, INT_MAX);
}

class machine final : public kernel {
 public:
  result<std::unique_ptr<ring_backend>> make_ring(unsigned entries) override {
    int failure = 0;
    std::unique_ptr<ring_backend> ring = uring_ring::make(entries, failure);
    if (!ring) return fail(os_error(failure, "set up io_uring"));
    return ring;
  }

  /// Past libc, whose function ThreadSanitizer watches: it does not see what rings open and close, and takes two files
  /// that had one number after the other for one that two threads use.
  void close(int fd) noexcept override { (void)::syscall(SYS_close, fd); }

  result<int> listen(std::string_view address, bool reuse_port) override { return listen_on(address, reuse_port); }

  result<std::string> local_address(int fd) override {
    socket_address address;
    address.length = sizeof address.storage;
    if (::getsockname(fd, address.get(), &address.length) != 0) return fail(os_error(errno, "ask a socket's address"));
    return format_address(address);
  }

  peer_address peer_of(int fd) noexcept override {
    socket_address address;
    address.length = sizeof address.storage;
    if (::getpeername(fd, address.get(), &address.length) != 0) return {};
    return describe_peer(address);
  }

  void set_no_delay(int fd) noexcept override {
    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // a unix socket refuses and does not delay
  }

  void stop_receiving(int fd) noexcept override { (void)::shutdown(fd, SHUT_RD); }

  void set_receive_low_water(int fd, std::uint32_t bytes) noexcept override {
    const int wanted = static_cast<int>(transfer_size(bytes));
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted);
  }

  std::uint32_t readable_bytes(int fd) noexcept override {
    int bytes = 0;
    if (::ioctl(fd, FIONREAD, &bytes) != 0 || bytes < 0) return 0;
    return static_cast<std::uint32_t>(bytes);
  }

  std::uint32_t unsent_bytes(int fd) noexcept override {
    int bytes = 0;
    if (::ioctl(fd, SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
    return static_cast<std::uint32_t>(bytes);
  }

  result<std::pair<int, int>> make_pipe(std::uint32_t bytes) override {
    int ends[2];
    // Past libc, as close is: ThreadSanitizer would see a pipe come and not go.
    if (::syscall(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail(os_error(errno, "make a pipe"));
    for (std::uint32_t wanted = bytes; wanted >= pipe_bytes_min; wanted /= 2) {
      if (pipe_bytes(ends[1]) >= wanted) break;
      if (::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(wanted)) >= 0) break;
    }
    return std::pair{ends[0], ends[1]};
  }

  std::uint32_t pipe_bytes(int fd) noexcept override {
    const int bytes = ::fcntl(fd, F_GETPIPE_SZ);
    return bytes < 0 ? 0 : static_cast<std::uint32_t>(bytes);
  }

  std::int32_t splice_now(int from, int to, std::uint32_t size) noexcept override {
    return value_of(::splice(from, nullptr, to, nullptr, transfer_size(size), SPLICE_F_NONBLOCK | SPLICE_F_MOVE));
  }

  std::int32_t recv_now(int fd, std::span<std::byte> into) noexcept override {
    return value_of(::recv(fd, into.data(), transfer_size(into.size()), MSG_DONTWAIT));
  }

  std::int32_t send_now(int fd, std::span<const std::byte> from) noexcept override {
    return value_of(::send(fd, from.data(), transfer_size(from.size()), MSG_DONTWAIT | MSG_NOSIGNAL));
  }

  result<int> open_root(const std::string& path) override { return open_with_parents(path); }
  result<file_system_facts> file_system_of(int fd) override { return ask_file_system(fd); }

  result<space> space_of(int fd) noexcept override {
    struct statvfs facts {};
    if (::fstatvfs(fd, &facts) != 0) return fail(os_error(errno, "ask for free space"));
    return space{std::uint64_t{facts.f_bavail} * facts.f_frsize, std::uint64_t{facts.f_blocks} * facts.f_frsize};
  }

  std::string boot_id() override {
    std::ifstream file{"/proc/sys/kernel/random/boot_id"};
    std::string line;
    std::getline(file, line);
    return line;
  }

  result<bool> try_lock(int fd) override {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    return fail(os_error(errno, "lock a file"));
  }
};

}  // namespace

kernel& real_kernel() noexcept {
  static machine instance;
  return instance;
}

}  // namespace wf::io
