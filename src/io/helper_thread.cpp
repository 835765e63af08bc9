#include "helper_thread.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <system_error>

#include "waveforge/base/check.hpp"

namespace wf::io {

namespace {

std::int32_t value_of(int returned) noexcept {
  return returned < 0 ? -errno : returned;
}

file_kind kind_of(int directory, const dirent& entry) noexcept {
  switch (entry.d_type) {
    case DT_REG: return file_kind::regular;
    case DT_DIR: return file_kind::directory;
    case DT_UNKNOWN: break;
    default: return file_kind::other;
  }
  // Some file systems keep no kind in their directories.
  struct stat status {};
  if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return file_kind::other;
  if (S_ISREG(status.st_mode)) return file_kind::regular;
  return S_ISDIR(status.st_mode) ? file_kind::directory : file_kind::other;
}

std::int32_t names_in_directory(const operation& op) {
  // A descriptor of our own: its read position is not shared with anybody.
  const int fd = ::openat(op.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(fd), &::closedir};
  if (!stream) {
    const int reason = errno;
    ::close(fd);
    return -reason;
  }
  auto& entries = *static_cast<std::vector<directory_entry>*>(op.data);
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) return -errno;
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    entries.push_back({entry->d_name, kind_of(fd, *entry)});
  }
}

std::int32_t carry_out(const operation& op) {
  switch (op.kind) {
    case op_kind::truncate: return value_of(::ftruncate(op.fd, static_cast<off_t>(op.length)));
    case op_kind::sync_file_system: return value_of(::syncfs(op.fd));
    case op_kind::list: return names_in_directory(op);
    case op_kind::clone_range: {
      file_clone_range range{};
      range.src_fd = op.fd;
      range.src_offset = op.offset;
      range.src_length = op.length;
      range.dest_offset = op.offset2;
      return value_of(::ioctl(op.fd2, FICLONERANGE, &range));
    }
    default: break;
  }
  WF_CHECK(!"an operation of the helper thread");
  return -ENOSYS;
}

}  // namespace

void helper_thread::stop() noexcept {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void helper_thread::start(op_id id, operation& op) {
  {
    const std::lock_guard lock{mutex_};
    jobs_.push_back({id, &op});
  }
  if (thread_.joinable()) {
    changed_.notify_one();
    return;
  }
  if (!begin()) {
    // No thread is to be had. A sync that fails is final, and this one has not been tried: better the loop waits for
    // it. The next operation tries to have a thread again.
    const std::lock_guard lock{mutex_};
    for (const job& one : jobs_) add_result({one.id, carry_out(*one.op), false});
    jobs_.clear();
  }
}

bool helper_thread::begin() noexcept {
  // Signals are the main thread's: a new thread inherits the mask of the one that makes it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // its way of saying that the kernel refused
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread_.joinable();
}

bool helper_thread::cancel(op_id id) {
  const std::lock_guard lock{mutex_};
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [id](const job& queued) { return queued.id == id; });
  if (found == jobs_.end()) return running_ == id;
  jobs_.erase(found);
  add_result({id, -ECANCELED, false});
  return true;
}

void helper_thread::add_result(completion done) {
  results_.push_back(done);
  results_waiting_.store(true, std::memory_order_release);
}

std::size_t helper_thread::take(std::span<completion> out) {
  const std::lock_guard lock{mutex_};
  const std::size_t count = std::min(out.size(), results_.size());
  const auto last = results_.begin() + static_cast<std::ptrdiff_t>(count);
  std::copy(results_.begin(), last, out.begin());
  results_.erase(results_.begin(), last);
  results_waiting_.store(!results_.empty(), std::memory_order_release);
  return count;
}

void helper_thread::run() {
  pthread_setname_np(pthread_self(), "wf-helper");
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const job next = jobs_.front();
    jobs_.pop_front();
    running_ = next.id;
    lock.unlock();
    const std::int32_t value = carry_out(*next.op);
    lock.lock();
    running_.reset();
    add_result({next.id, value, false});
    lock.unlock();
    wake_();
    lock.lock();
  }
}

}  // namespace wf::io
