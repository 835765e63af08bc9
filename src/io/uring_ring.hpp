#pragma once

#include <liburing.h>
#include <linux/openat2.h>
#include <sys/socket.h>

#include <atomic>
#include <deque>
#include <memory>
#include <unordered_map>

#include "helper_thread.hpp"
#include "waveforge/io/kernel.hpp"

struct statx;

namespace wf::io {

/// ring_backend over io_uring.
///
/// Made on one thread and used on another: the ring starts disabled and belongs to the thread that first enters it
/// (IORING_SETUP_SINGLE_ISSUER). Entries collect until enter(), which hands them over and waits in one system call.
/// Other threads wake it through an eventfd that a multishot poll watches; its counter is never read, since the poll
/// reports each write anew and 2^64 of them are never reached.
class uring_ring final : public ring_backend {
 public:
  /// Null and errno's value in `failure` when the kernel refuses.
  [[nodiscard]] static std::unique_ptr<uring_ring> make(unsigned entries, int& failure);
  ~uring_ring() override;
  uring_ring(const uring_ring&) = delete;
  uring_ring& operator=(const uring_ring&) = delete;

  void start(op_id id, operation& op) override;
  void cancel(op_id id) override;
  void enter(std::optional<steady_time> until) override;
  [[nodiscard]] std::size_t reap(std::span<completion> out) override;
  void wake() noexcept override;
  [[nodiscard]] result<void> register_buffers(std::span<const std::span<std::byte>> buffers) override;

 private:
  /// What an entry points at until it is submitted; the kernel copies both when it takes the entry.
  union submit_memory {
    open_how how;
    sockaddr_storage address;
  };
  struct waiting_entry {
    op_id id;
    operation* op;  ///< null: cancel `id`
  };

  uring_ring() noexcept;
  [[nodiscard]] int set_up(unsigned entries);
  void enable();
  void watch_wake();
  [[nodiscard]] io_uring_sqe* next_entry();
  /// False: there is no entry to be had now.
  [[nodiscard]] bool prepare(op_id id, operation* op);
  void fill(io_uring_sqe& entry, op_id id, operation& op);
  void fill_path(io_uring_sqe& entry, op_id id, operation& op);
  void submit_waiting();
  void take(const io_uring_cqe& entry, std::span<completion> out, std::size_t& count);
  void finish_stat(completion& done);

  io_uring ring_{};
  bool made_{false};
  bool enabled_{false};
  bool watching_{false};
  bool buffers_registered_{false};
  int wake_fd_{-1};
  std::atomic<bool> wake_pending_{false};
  std::unique_ptr<submit_memory[]> submit_memory_;
  std::deque<waiting_entry> waiting_;  ///< for room in the submission queue, in order
  struct stat_in_flight {
    std::unique_ptr<struct statx> answer;
    void* status;  ///< the operation's data
  };
  std::unordered_map<std::uint32_t, stat_in_flight> stats_;  ///< by slot
  helper_thread helper_;
};

}  // namespace wf::io
