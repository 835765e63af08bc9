#include "listen.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "address.hpp"

namespace wf::io {

namespace {

/// Connections the kernel holds for us before accept; net.core.somaxconn cuts it down.
constexpr int backlog = 4096;
/// Whoever may reach the socket file may send us requests: the owner and its group.
constexpr mode_t unix_socket_mode = 0660;

/// What an operator can do about it.
std::string_view advice(int failure) noexcept {
  switch (failure) {
    case EADDRINUSE: return "; another process listens there: stop it or choose another address";
    case EACCES: return "; ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one or put a proxy in front";
    case EADDRNOTAVAIL: return "; no interface of this machine has that address";
    case EAFNOSUPPORT: return "; this machine does not speak that protocol";
    default: return "";
  }
}

tl::unexpected<error> refuse(int failure, std::string_view address) {
  error reason = os_error(failure, fmt::format("listen on {}", address));
  reason.detail += advice(failure);
  return fail(std::move(reason));
}

/// A socket file outlives its process. One that nobody answers on is in our way and means nothing.
void remove_stale(const socket_address& address) {
  sockaddr_un local{};
  std::memcpy(&local, &address.storage, sizeof local);
  struct stat status {};
  if (::lstat(local.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return;
  const bool nobody = ::connect(probe, address.get(), address.length) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (nobody) ::unlink(local.sun_path);
}

bool set_option(int fd, int level, int name) noexcept {
  const int on = 1;
  return ::setsockopt(fd, level, name, &on, sizeof on) == 0;
}

bool prepare(int fd, const socket_address& address, bool reuse_port) {
  if (address.family() == AF_UNIX) {
    remove_stale(address);
    return ::fchmod(fd, unix_socket_mode) == 0;  // before bind: at no time is the file for more
  }
  // A connection of the last run in TIME_WAIT must not keep this one from starting.
  if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR)) return false;
  if (reuse_port && !set_option(fd, SOL_SOCKET, SO_REUSEPORT)) return false;
  // "[::]" is IPv6 alone, so that it can be given beside "0.0.0.0".
  return address.family() != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
}

/// The umask takes bits away from what prepare() gave, so the file gets them back here. Not through a link: the
/// directory may be one where others may put things.
bool bind_to(int fd, const socket_address& address) {
  if (::bind(fd, address.get(), address.length) != 0) return false;
  if (address.family() != AF_UNIX) return true;
  sockaddr_un local{};
  std::memcpy(&local, &address.storage, sizeof local);
  return ::fchmodat(AT_FDCWD, local.sun_path, unix_socket_mode, AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace

result<int> listen_on(std::string_view address, bool reuse_port) {
  const auto parsed = parse_address(address);
  if (!parsed) {
    return fail(errc::bad_request, fmt::format("listen on {}: not an address; write it as 127.0.0.1:8080, [::1]:8080, "
                                               "0.0.0.0:8080 or unix:/path/of/socket",
                                               address));
  }
  const int fd = ::socket(parsed->family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refuse(errno, address);
  if (!prepare(fd, *parsed, reuse_port) || !bind_to(fd, *parsed) || ::listen(fd, backlog) != 0) {
    const int failure = errno;
    ::close(fd);
    return refuse(failure, address);
  }
  return fd;
}

}  // namespace wf::io
