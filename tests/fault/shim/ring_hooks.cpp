// Operations that go through io_uring: the entries about to be submitted are read in the ring, before liburing hands
// them over. One that is to fail becomes a no-op, whose completion then says so.
#include <dlfcn.h>
#include <liburing.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "fault_plan.hpp"

namespace wf::fault {

namespace {

struct injected {
  io_uring* ring;
  std::uint64_t user_data;
  int result;
};

std::mutex mutex;
std::vector<injected> waiting;

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

const char* text_at(std::uint64_t address) {
  return reinterpret_cast<const char*>(static_cast<std::uintptr_t>(address));
}

int judge(const io_uring_sqe& entry) {
  plan& rules = plan::here();
  switch (entry.opcode) {
    case IORING_OP_FSYNC: return rules.judge("sync", entry.fd);
    case IORING_OP_WRITE:
    case IORING_OP_WRITE_FIXED: return rules.judge("write", entry.fd);
    case IORING_OP_FALLOCATE: return rules.judge("allocate", entry.fd);
    case IORING_OP_SPLICE: return rules.judge("splice", entry.fd);
    case IORING_OP_OPENAT:
    case IORING_OP_OPENAT2: return rules.judge("open", entry.fd, text_at(entry.addr));
    case IORING_OP_MKDIRAT: return rules.judge("mkdir", entry.fd, text_at(entry.addr));
    case IORING_OP_UNLINKAT: return rules.judge("unlink", entry.fd, text_at(entry.addr));
    case IORING_OP_RENAMEAT: return rules.judge("rename", static_cast<int>(entry.len), text_at(entry.off));
    case IORING_OP_LINKAT: return rules.judge("link", static_cast<int>(entry.len), text_at(entry.off));
    default: return 0;
  }
}

void look_at_entries(io_uring* ring) {
  if (plan::here().idle()) return;
  for (unsigned at = ring->sq.sqe_head; at != ring->sq.sqe_tail; ++at) {
    io_uring_sqe& entry = ring->sq.sqes[at & *ring->sq.kring_mask];
    const int failure = judge(entry);
    if (failure == 0) continue;
    const std::uint64_t user_data = entry.user_data;
    entry = io_uring_sqe{};
    entry.opcode = IORING_OP_NOP;
    entry.user_data = user_data;
    const std::lock_guard lock{mutex};
    waiting.push_back({ring, user_data, -failure});
  }
}

void look_at_completions(io_uring* ring) {
  const std::lock_guard lock{mutex};
  if (std::ranges::none_of(waiting, [&](const injected& one) { return one.ring == ring; })) return;
  unsigned head = 0;
  io_uring_cqe* entry = nullptr;
  io_uring_for_each_cqe(ring, head, entry) {
    const auto found = std::ranges::find_if(
        waiting, [&](const injected& one) { return one.ring == ring && one.user_data == entry->user_data; });
    if (found == waiting.end()) continue;
    entry->res = found->result;
    waiting.erase(found);
  }
}

template <typename Call>
int around(io_uring* ring, Call call) {
  look_at_entries(ring);
  const int result = call();
  look_at_completions(ring);
  return result;
}

}  // namespace

}  // namespace wf::fault

extern "C" {

int io_uring_submit(io_uring* ring) {
  static const auto real = wf::fault::next<int (*)(io_uring*)>("io_uring_submit");
  return wf::fault::around(ring, [&] { return real(ring); });
}

int io_uring_submit_and_wait(io_uring* ring, unsigned count) {
  static const auto real = wf::fault::next<int (*)(io_uring*, unsigned)>("io_uring_submit_and_wait");
  return wf::fault::around(ring, [&] { return real(ring, count); });
}

int io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned count, __kernel_timespec* span,
                                     sigset_t* mask) {
  static const auto real = wf::fault::next<int (*)(io_uring*, io_uring_cqe**, unsigned, __kernel_timespec*, sigset_t*)>(
      "io_uring_submit_and_wait_timeout");
  return wf::fault::around(ring, [&] { return real(ring, first, count, span, mask); });
}

int io_uring_submit_and_get_events(io_uring* ring) {
  static const auto real = wf::fault::next<int (*)(io_uring*)>("io_uring_submit_and_get_events");
  return wf::fault::around(ring, [&] { return real(ring); });
}

}  // extern "C"
