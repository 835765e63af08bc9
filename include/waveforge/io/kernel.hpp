#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/result.hpp"
#include "waveforge/io/operation.hpp"

/// The port to the world. Everything the server does to sockets, files and pipes goes through these two interfaces;
/// tests/support/sim implements them over a seeded simulated machine, and the same server runs on it.
namespace wf::io {

/// One submission and completion queue. Owned by one ring_context; every call but wake() is made on its thread.
class ring_backend {
 public:
  virtual ~ring_backend() = default;
  /// Queue an operation. `op` stays at its address, unchanged, until its last completion was reaped. A full queue is
  /// flushed to the kernel, never dropped.
  virtual void start(op_id id, operation& op) = 0;
  /// Ask for an early end. The operation still completes exactly once more, normally or with -ECANCELED.
  virtual void cancel(op_id id) = 0;
  /// Hand queued operations to the kernel, then wait for a completion, wake(), or `until` (none: no time limit; a
  /// time in the past: do not wait).
  virtual void enter(std::optional<steady_time> until) = 0;
  /// Move completions into `out`; returns how many. Never runs user code.
  [[nodiscard]] virtual std::size_t reap(std::span<completion> out) = 0;
  /// Thread-safe, async-signal-safe: end the present or next enter().
  virtual void wake() noexcept = 0;
  /// Pin memory for write_fixed; buffer_index counts in this list. Once per ring. May be refused (ENOMEM when over
  /// RLIMIT_MEMLOCK): the caller then uses plain writes. Allowed before the ring first runs, from the thread that made
  /// it.
  [[nodiscard]] virtual result<void> register_buffers(std::span<const std::span<std::byte>> buffers) = 0;
};

/// Who is at the other end.
struct peer_address {
  std::string text{};                    ///< "127.0.0.1:5000", "[::1]:5000", "unix"
  std::array<std::uint8_t, 16> bytes{};  ///< IPv6, or IPv4 mapped (::ffff:a.b.c.d)
  bool loopback{false};
  bool unix_socket{false};
};

/// What a file system is, asked once per data dir.
struct file_system_facts {
  std::string type{};               ///< "ext4", "xfs", "btrfs", "tmpfs", or a hex magic
  std::string uuid{};               ///< empty where the kernel does not say
  std::uint64_t mount_instance{0};  ///< STATX_MNT_ID_UNIQUE (kernel 6.8), else mount id and device mixed
  bool mount_instance_unique{false};
  std::uint32_t direct_memory_alignment{0};  ///< STATX_DIOALIGN of a file there; 0: no direct I/O
  std::uint32_t direct_offset_alignment{0};
  std::uint32_t block_bytes{4096};
};

struct space {
  std::uint64_t available_bytes{0};  ///< to an ordinary user
  std::uint64_t total_bytes{0};
};

/// Calls that do not wait: they need no ring and are allowed on any thread unless they say otherwise.
class kernel {
 public:
  virtual ~kernel() = default;

  [[nodiscard]] virtual result<std::unique_ptr<ring_backend>> make_ring(unsigned entries) = 0;

  virtual void close(int fd) noexcept = 0;

  /// Listening socket. `address`: "127.0.0.1:8080", "[::1]:0", "0.0.0.0:80", or "unix:PATH". `reuse_port` lets every
  /// worker have its own. Errors name the address and what to do.
  [[nodiscard]] virtual result<int> listen(std::string_view address, bool reuse_port) = 0;
  /// As `listen` takes it, with the port that was chosen.
  [[nodiscard]] virtual result<std::string> local_address(int fd) = 0;
  [[nodiscard]] virtual peer_address peer_of(int fd) noexcept = 0;
  virtual void set_no_delay(int fd) noexcept = 0;
  /// shutdown(2) of a socket's receiving side: waiting reads end at once.
  virtual void stop_receiving(int fd) noexcept = 0;
  /// SO_RCVLOWAT: poll says readable only from this many bytes (or at the end of the stream).
  virtual void set_receive_low_water(int fd, std::uint32_t bytes) noexcept = 0;
  /// Bytes waiting in the receive queue (FIONREAD); 0 when unknown.
  [[nodiscard]] virtual std::uint32_t readable_bytes(int fd) noexcept = 0;
  /// Bytes the peer has not acknowledged yet (SIOCOUTQ); 0 when unknown.
  [[nodiscard]] virtual std::uint32_t unsent_bytes(int fd) noexcept = 0;

  /// {read end, write end}, non-blocking, of at least `bytes` if the user's pipe allowance permits (F_SETPIPE_SZ).
  [[nodiscard]] virtual result<std::pair<int, int>> make_pipe(std::uint32_t bytes) = 0;
  [[nodiscard]] virtual std::uint32_t pipe_bytes(int fd) noexcept = 0;  ///< capacity
  /// splice(2) without waiting (SPLICE_F_NONBLOCK | SPLICE_F_MOVE). Bytes, 0 at the end of the stream, or -errno
  /// (-EAGAIN: nothing there). Only between a socket and a pipe: to or from a file it could block.
  [[nodiscard]] virtual std::int32_t splice_now(int from, int to, std::uint32_t size) noexcept = 0;
  /// recv(2)/send(2) with MSG_DONTWAIT. As above.
  [[nodiscard]] virtual std::int32_t recv_now(int fd, std::span<std::byte> into) noexcept = 0;
  [[nodiscard]] virtual std::int32_t send_now(int fd, std::span<const std::byte> from) noexcept = 0;

  /// Start-up only (may block): a directory by any path, created with its parents when missing (mode 0700).
  [[nodiscard]] virtual result<int> open_root(const std::string& path) = 0;
  [[nodiscard]] virtual result<file_system_facts> file_system_of(int fd) = 0;
  [[nodiscard]] virtual result<space> space_of(int fd) noexcept = 0;
  /// Identifies this boot of this machine (/proc/sys/kernel/random/boot_id).
  [[nodiscard]] virtual std::string boot_id() = 0;
  /// Exclusive lock on an open file until its descriptor closes (flock). False: somebody else holds it.
  [[nodiscard]] virtual result<bool> try_lock(int fd) = 0;
};

/// The machine itself. Lives for the whole process.
[[nodiscard]] kernel& real_kernel() noexcept;

}  // namespace wf::io
