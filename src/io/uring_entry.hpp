#pragma once

#include <liburing.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "waveforge/io/operation.hpp"

/// How operations are written into submission entries.
namespace wf::io {

/// Entries of the ring's own: no op_id has this slot, and none is liburing's all-ones timeout.
inline constexpr std::uint64_t internal_slot = 0xffff'fffe;
inline constexpr std::uint64_t internal_wake = (std::uint64_t{1} << 32U) | internal_slot;
inline constexpr std::uint64_t internal_cancel = (std::uint64_t{2} << 32U) | internal_slot;

[[nodiscard]] constexpr std::uint64_t user_data_of(op_id id) noexcept {
  return (std::uint64_t{id.generation} << 32U) | id.slot;
}
[[nodiscard]] constexpr op_id id_of(std::uint64_t user_data) noexcept {
  return {static_cast<std::uint32_t>(user_data), static_cast<std::uint32_t>(user_data >> 32U)};
}

[[nodiscard]] constexpr bool by_helper_thread(op_kind kind) noexcept {
  return kind == op_kind::truncate || kind == op_kind::clone_range || kind == op_kind::sync_file_system ||
         kind == op_kind::list;
}

/// Completions that only the kernel knows of: work it deferred to our next call, or an overflown queue.
[[nodiscard]] bool kernel_has_news(const io_uring& ring) noexcept;

/// Every kind but those below and the helper thread's. What `op` points at stays in place until the last completion.
void fill_entry(io_uring_sqe& entry, operation& op);
/// The kernel reads `how` when it takes the entry.
void fill_open(io_uring_sqe& entry, const operation& op, open_how& how);
/// An address that cannot be parsed completes with -EINVAL.
void fill_connect(io_uring_sqe& entry, const operation& op, sockaddr_storage& address);
/// The kernel writes `answer` before it completes.
void fill_stat(io_uring_sqe& entry, const operation& op, struct statx& answer);
[[nodiscard]] file_status status_of(const struct statx& answer) noexcept;

}  // namespace wf::io
