#include "uring_ring.hpp"

#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "uring_entry.hpp"
#include "waveforge/base/check.hpp"

namespace wf::io {

namespace {

/// Kernel threads of one ring that may block at a time, for file work and for the rest. The kernel's own bound for file
/// work is four a processor: on a small machine one frozen file system would take them all.
constexpr unsigned blocking_workers_max = 64;
/// Completions may outrun the loop by this factor before the kernel has to queue them elsewhere.
constexpr unsigned completions_per_entry = 4;
/// How long to wait for completions when the kernel had no memory for new entries.
constexpr long refused_wait_ns = 1'000'000;

/// Flag sets to try, best first. SINGLE_ISSUER | DEFER_TASKRUN is kernel 6.1, COOP_TASKRUN 5.19.
constexpr unsigned flag_sets[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
    0,
};

bool may_be_tried_again(int failure) noexcept {
  return failure == -ETIME || failure == -EINTR || failure == -EAGAIN || failure == -EBUSY || failure == -ENOMEM;
}

}  // namespace

uring_ring::uring_ring() noexcept : helper_([this] { wake(); }) {}

std::unique_ptr<uring_ring> uring_ring::make(unsigned entries, int& failure) {
  std::unique_ptr<uring_ring> ring{new uring_ring};
  failure = ring->set_up(entries);
  if (failure != 0) ring.reset();
  return ring;
}

int uring_ring::set_up(unsigned entries) {
  int refused = 0;
  for (const unsigned flags : flag_sets) {
    io_uring_params params{};
    params.flags = flags | IORING_SETUP_R_DISABLED | IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE;
    params.cq_entries = entries * completions_per_entry;
    refused = io_uring_queue_init_params(entries, &ring_, &params);
    if (refused != -EINVAL) break;
  }
  if (refused != 0) return -refused;
  made_ = true;
  // Not value-initialised: the pages of entries that are never used are never touched.
  submit_memory_.reset(new submit_memory[*ring_.sq.kring_entries]);
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return wake_fd_ < 0 ? errno : 0;
}

uring_ring::~uring_ring() {
  helper_.stop();
  if (made_) io_uring_queue_exit(&ring_);
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void uring_ring::enable() {
  // liburing 2.3 declares io_uring_enable_rings and does not export it.
  WF_CHECK(io_uring_register(static_cast<unsigned>(ring_.ring_fd), IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0);
  enabled_ = true;
  // Both are comforts: where the kernel refuses them its own choice stands.
  cpu_set_t processors;
  if (::sched_getaffinity(0, sizeof processors, &processors) == 0) {
    (void)io_uring_register_iowq_aff(&ring_, sizeof processors, &processors);
  }
  unsigned workers[2] = {blocking_workers_max, blocking_workers_max};
  (void)io_uring_register_iowq_max_workers(&ring_, workers);
}

void uring_ring::watch_wake() {
  io_uring_sqe* entry = next_entry();
  if (entry == nullptr) return;
  io_uring_prep_poll_multishot(entry, wake_fd_, POLLIN);
  entry->user_data = internal_wake;
  watching_ = true;
}

io_uring_sqe* uring_ring::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry != nullptr) return entry;
  if (!enabled_) enable();
  const int submitted = io_uring_submit(&ring_);
  WF_CHECK(submitted >= 0 || may_be_tried_again(submitted));
  return io_uring_get_sqe(&ring_);
}

void uring_ring::start(op_id id, operation& op) {
  if (by_helper_thread(op.kind)) {
    helper_.start(id, op);
  } else if (!waiting_.empty() || !prepare(id, &op)) {
    waiting_.push_back({id, &op});
  }
}

void uring_ring::cancel(op_id id) {
  if (helper_.cancel(id)) return;
  if (!waiting_.empty() || !prepare(id, nullptr)) waiting_.push_back({id, nullptr});
}

bool uring_ring::prepare(op_id id, operation* op) {
  io_uring_sqe* entry = next_entry();
  if (entry == nullptr) return false;
  if (op != nullptr) {
    fill(*entry, id, *op);
    entry->user_data = user_data_of(id);
  } else {
    io_uring_prep_cancel64(entry, user_data_of(id), 0);
    entry->user_data = internal_cancel;
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  }
  return true;
}

void uring_ring::fill(io_uring_sqe& entry, op_id id, operation& op) {
  submit_memory& memory = submit_memory_[static_cast<std::size_t>(&entry - ring_.sq.sqes)];
  if (op.kind == op_kind::stat) {
    auto& in_flight = stats_[id.slot];
    in_flight = {std::make_unique<struct statx>(), op.data};
    fill_stat(entry, op, *in_flight.answer);
  } else if (op.kind == op_kind::open) {
    fill_open(entry, op, memory.how);
  } else if (op.kind == op_kind::connect) {
    fill_connect(entry, op, memory.address);
  } else {
    fill_entry(entry, op);
  }
}

void uring_ring::submit_waiting() {
  while (!waiting_.empty() && prepare(waiting_.front().id, waiting_.front().op)) waiting_.pop_front();
}

void uring_ring::enter(std::optional<steady_time> until) {
  if (!enabled_) enable();
  if (!watching_) watch_wake();
  submit_waiting();
  int entered = 0;
  io_uring_cqe* first = nullptr;
  const bool something_ready = io_uring_cq_ready(&ring_) > 0 || helper_.has_results();
  const steady_time now = until ? std::chrono::steady_clock::now() : steady_time{};
  const bool may_wait = !until || *until > now;
  if (!waiting_.empty() && !something_ready && may_wait) {
    __kernel_timespec span{0, refused_wait_ns};
    entered = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &span, nullptr);
  } else if (!something_ready && !until) {
    entered = io_uring_submit_and_wait(&ring_, 1);
  } else if (!something_ready && *until > now) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(*until - now).count();
    __kernel_timespec span{left / 1'000'000'000, left % 1'000'000'000};
    entered = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &span, nullptr);
  } else if (io_uring_sq_ready(&ring_) > 0 || kernel_has_news(ring_)) {
    entered = io_uring_submit_and_get_events(&ring_);
  }
  WF_CHECK(entered >= 0 || may_be_tried_again(entered));
}

std::size_t uring_ring::reap(std::span<completion> out) {
  std::size_t count = 0;
  unsigned seen = 0;
  unsigned head = 0;
  io_uring_cqe* entry = nullptr;
  io_uring_for_each_cqe(&ring_, head, entry) {
    if (count == out.size()) break;
    take(*entry, out, count);
    ++seen;
  }
  io_uring_cq_advance(&ring_, seen);
  if (count < out.size() && helper_.has_results()) count += helper_.take(out.subspan(count));
  return count;
}

void uring_ring::take(const io_uring_cqe& entry, std::span<completion> out, std::size_t& count) {
  const bool more = (entry.flags & IORING_CQE_F_MORE) != 0;
  if (entry.user_data == internal_cancel) return;  // the operation itself tells how it ended
  if (entry.user_data == internal_wake) {
    // Before the loop looks at what was posted: whoever posts from here on writes to the eventfd again.
    wake_pending_.exchange(false, std::memory_order_acq_rel);
    if (!more) watching_ = false;
    return;
  }
  completion done{id_of(entry.user_data), entry.res, more};
  if (!stats_.empty()) finish_stat(done);
  out[count++] = done;
}

void uring_ring::finish_stat(completion& done) {
  const auto found = stats_.find(done.id.slot);
  if (found == stats_.end()) return;
  if (done.value >= 0) {
    *static_cast<file_status*>(found->second.status) = status_of(*found->second.answer);
  }
  stats_.erase(found);
}

void uring_ring::wake() noexcept {
  if (wake_pending_.exchange(true, std::memory_order_acq_rel)) return;
  const int errno_before = errno;  // a signal handler may call this
  const std::uint64_t one = 1;
  const auto written = ::write(wake_fd_, &one, sizeof one);
  WF_CHECK(written == sizeof one);
  errno = errno_before;
}

result<void> uring_ring::register_buffers(std::span<const std::span<std::byte>> buffers) {
  if (buffers_registered_) return fail(errc::unavailable, "this ring has its registered buffers already");
  std::vector<iovec> vectors;
  vectors.reserve(buffers.size());
  for (const auto& buffer : buffers) vectors.push_back({buffer.data(), buffer.size()});
  const int refused = io_uring_register_buffers(&ring_, vectors.data(), static_cast<unsigned>(vectors.size()));
  if (refused != 0) return fail(os_error(refused, "register buffers with io_uring"));
  buffers_registered_ = true;
  return {};
}

}  // namespace wf::io
