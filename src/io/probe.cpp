#include "waveforge/io/probe.hpp"

#include <fmt/format.h>
#include <liburing.h>
#include <sys/utsname.h>

#include <cerrno>
#include <fstream>
#include <memory>

namespace wf::io {

namespace {

struct needed_operation {
  int opcode;
  const char* name;
  const char* kernel;
};
constexpr needed_operation needed[] = {
    {IORING_OP_NOP, "NOP", "5.1"},
    {IORING_OP_ACCEPT, "ACCEPT", "5.5"},
    {IORING_OP_CONNECT, "CONNECT", "5.5"},
    {IORING_OP_RECV, "RECV", "5.6"},
    {IORING_OP_SEND, "SEND", "5.6"},
    {IORING_OP_POLL_ADD, "POLL_ADD", "5.1"},
    {IORING_OP_SHUTDOWN, "SHUTDOWN", "5.11"},
    {IORING_OP_CLOSE, "CLOSE", "5.6"},
    {IORING_OP_OPENAT2, "OPENAT2", "5.6"},
    {IORING_OP_MKDIRAT, "MKDIRAT", "5.15"},
    {IORING_OP_UNLINKAT, "UNLINKAT", "5.11"},
    {IORING_OP_RENAMEAT, "RENAMEAT", "5.11"},
    {IORING_OP_LINKAT, "LINKAT", "5.15"},
    {IORING_OP_STATX, "STATX", "5.6"},
    {IORING_OP_READ, "READ", "5.6"},
    {IORING_OP_WRITE, "WRITE", "5.6"},
    {IORING_OP_WRITE_FIXED, "WRITE_FIXED", "5.1"},
    {IORING_OP_FSYNC, "FSYNC", "5.1"},
    {IORING_OP_SYNC_FILE_RANGE, "SYNC_FILE_RANGE", "5.2"},
    {IORING_OP_FALLOCATE, "FALLOCATE", "5.6"},
    {IORING_OP_SPLICE, "SPLICE", "5.7"},
    {IORING_OP_ASYNC_CANCEL, "ASYNC_CANCEL", "5.5"},
};

constexpr unsigned probe_entries = 8;

std::string kernel_release() {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "unknown";
}

/// The sysctl that turns io_uring off: 0 on, 1 for the privileged and one group only, 2 off. Kernel 6.6.
int disabled_setting() {
  std::ifstream file{"/proc/sys/kernel/io_uring_disabled"};
  int setting = 0;
  file >> setting;
  return file ? setting : 0;
}

error explain(int failure, const std::string& release) {
  error reason = os_error(failure, "io_uring cannot be used");
  reason.code = errc::unavailable;
  switch (-failure) {
    case ENOSYS:
      reason.detail += fmt::format(
          " (kernel {}). It needs Linux 6.1 or newer, built with CONFIG_IO_URING; if the kernel is new enough, a "
          "container's seccomp profile hides it: allow io_uring_setup, io_uring_enter and io_uring_register",
          release);
      break;
    case EPERM:
    case EACCES:
      if (disabled_setting() != 0) {
        reason.detail += fmt::format(
            ". It is switched off by kernel.io_uring_disabled = {}: set it to 0 (sysctl -w kernel.io_uring_disabled=0)",
            disabled_setting());
      } else {
        reason.detail +=
            ". A seccomp profile or security module forbids it: allow io_uring_setup, io_uring_enter and "
            "io_uring_register (Docker: --security-opt seccomp=profile.json)";
      }
      break;
    case ENOMEM: reason.detail += ". Raise the limit of locked memory (ulimit -l, LimitMEMLOCK=)"; break;
    case EMFILE:
    case ENFILE: reason.detail += ". Raise the limit of open files (ulimit -n, LimitNOFILE=)"; break;
    default: break;
  }
  return reason;
}

int try_flags(unsigned flags) {
  io_uring ring;
  io_uring_params params{};
  params.flags = flags;
  const int refused = io_uring_queue_init_params(probe_entries, &ring, &params);
  if (refused == 0) io_uring_queue_exit(&ring);
  return refused;
}

/// The first operation this kernel lacks, or null.
const needed_operation* missing_operation() {
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> probe{io_uring_get_probe(),
                                                                              &io_uring_free_probe};
  for (const auto& operation : needed) {
    if (!probe || io_uring_opcode_supported(probe.get(), operation.opcode) == 0) return &operation;
  }
  return nullptr;
}

}  // namespace

result<ring_features> probe_ring() {
  ring_features features;
  features.kernel_release = kernel_release();
  const int refused = try_flags(0);
  if (refused != 0) return fail(explain(refused, features.kernel_release));
  if (const needed_operation* missing = missing_operation()) {
    return fail(errc::unavailable,
                fmt::format("io_uring of kernel {} lacks the operation {} (kernel {}). Linux 6.1 or newer is needed",
                            features.kernel_release, missing->name, missing->kernel));
  }
  features.single_issuer_defer_taskrun = try_flags(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) == 0;
  features.cooperative_taskrun = try_flags(IORING_SETUP_COOP_TASKRUN) == 0;
  return features;
}

}  // namespace wf::io
