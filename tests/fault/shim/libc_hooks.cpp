// Operations that go through libc: the database's, and the few the ring has no entry for. Both names of a function are
// hooked, with and without 64: which one a caller has depends on how it was compiled.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

#include "fault_plan.hpp"

namespace {

using wf::fault::plan;

/// Calls the function behind ours, or fails as the rules say.
template <typename Result, typename... Arguments>
Result pass(const char* name, int failure, Arguments... arguments) {
  if (failure != 0) {
    errno = failure;
    return static_cast<Result>(-1);
  }
  using function = Result (*)(Arguments...);
  return reinterpret_cast<function>(::dlsym(RTLD_NEXT, name))(arguments...);
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t count) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, const void*, size_t)>(::dlsym(RTLD_NEXT, "write"));
  const int before = errno;
  const int failure = plan::here().judge("write", fd);
  errno = failure != 0 ? failure : before;
  return failure != 0 ? -1 : real(fd, bytes, count);
}
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  return pass<ssize_t>("pwrite", plan::here().judge("write", fd), fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  return pass<ssize_t>("pwrite64", plan::here().judge("write", fd), fd, bytes, count, offset);
}
int fsync(int fd) {
  return pass<int>("fsync", plan::here().judge("sync", fd), fd);
}
int fdatasync(int fd) {
  return pass<int>("fdatasync", plan::here().judge("sync", fd), fd);
}
int syncfs(int fd) noexcept {
  return pass<int>("syncfs", plan::here().judge("sync", fd), fd);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
  return pass<int>("fallocate", plan::here().judge("allocate", fd), fd, mode, offset, length);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return pass<int>("fallocate64", plan::here().judge("allocate", fd), fd, mode, offset, length);
}
int ftruncate(int fd, off_t length) noexcept {
  return pass<int>("ftruncate", plan::here().judge("truncate", fd), fd, length);
}
int ftruncate64(int fd, off64_t length) noexcept {
  return pass<int>("ftruncate64", plan::here().judge("truncate", fd), fd, length);
}
int rename(const char* from, const char* to) noexcept {
  return pass<int>("rename", plan::here().judge("rename", AT_FDCWD, to), from, to);
}
int unlink(const char* name) noexcept {
  return pass<int>("unlink", plan::here().judge("unlink", AT_FDCWD, name), name);
}
int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  const int failure = request == FICLONERANGE ? plan::here().judge("clone", fd) : 0;
  return pass<int>("ioctl", failure, fd, request, argument);
}

}  // extern "C"
