#include "uring_entry.hpp"

#include <fcntl.h>

#include <algorithm>

#include "address.hpp"
#include "waveforge/base/check.hpp"

namespace wf::io {

namespace {

constexpr unsigned status_mask = STATX_TYPE | STATX_SIZE | STATX_BLOCKS | STATX_MTIME;
constexpr std::uint64_t stat_block_bytes = 512;  // st_blocks counts in these, whatever the file system's block is

std::int64_t splice_offset(std::uint64_t offset) noexcept {
  return offset == no_offset ? -1 : static_cast<std::int64_t>(offset);
}

/// The entry has 32 bits for it; 0 means to the end of the file, and a longer range than asked does no harm.
unsigned range_length(std::uint64_t length) noexcept {
  return length > UINT32_MAX ? 0 : static_cast<unsigned>(length);
}

void fill_socket(io_uring_sqe* entry, operation& op) {
  switch (op.kind) {
    case op_kind::accept: io_uring_prep_accept(entry, op.fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); break;
    case op_kind::recv: io_uring_prep_recv(entry, op.fd, op.data, op.size, static_cast<int>(op.flags)); break;
    case op_kind::send:
      io_uring_prep_send(entry, op.fd, op.data, op.size, static_cast<int>(op.flags | MSG_NOSIGNAL));
      break;
    case op_kind::poll: io_uring_prep_poll_add(entry, op.fd, op.flags); break;
    case op_kind::shutdown: io_uring_prep_shutdown(entry, op.fd, static_cast<int>(op.flags)); break;
    default: WF_CHECK(!"a socket operation");
  }
}

void fill_name(io_uring_sqe* entry, const operation& op) {
  switch (op.kind) {
    case op_kind::make_directory: io_uring_prep_mkdirat(entry, op.fd, op.path.c_str(), op.mode); break;
    case op_kind::unlink: io_uring_prep_unlinkat(entry, op.fd, op.path.c_str(), static_cast<int>(op.flags)); break;
    case op_kind::rename:
      io_uring_prep_renameat(entry, op.fd, op.path.c_str(), op.fd2, op.path2.c_str(), op.flags);
      break;
    case op_kind::link: io_uring_prep_linkat(entry, op.fd, op.path.c_str(), op.fd2, op.path2.c_str(), 0); break;
    default: WF_CHECK(!"an operation on names");
  }
}

void fill_file(io_uring_sqe* entry, operation& op) {
  switch (op.kind) {
    case op_kind::read: io_uring_prep_read(entry, op.fd, op.data, op.size, op.offset); break;
    case op_kind::write: io_uring_prep_write(entry, op.fd, op.data, op.size, op.offset); break;
    case op_kind::write_fixed:
      io_uring_prep_write_fixed(entry, op.fd, op.data, op.size, op.offset, op.buffer_index);
      break;
    case op_kind::sync: io_uring_prep_fsync(entry, op.fd, 0); break;
    case op_kind::sync_data: io_uring_prep_fsync(entry, op.fd, IORING_FSYNC_DATASYNC); break;
    case op_kind::sync_range:
      io_uring_prep_sync_file_range(entry, op.fd, range_length(op.length), op.offset, SYNC_FILE_RANGE_WRITE);
      break;
    case op_kind::allocate:
      io_uring_prep_fallocate(entry, op.fd, static_cast<int>(op.flags), static_cast<off_t>(op.offset),
                              static_cast<off_t>(op.length));
      break;
    case op_kind::splice:
      io_uring_prep_splice(entry, op.fd, splice_offset(op.offset), op.fd2, splice_offset(op.offset2), op.size,
                           SPLICE_F_MOVE);
      break;
    default: WF_CHECK(!"a file operation");
  }
}

}  // namespace

bool kernel_has_news(const io_uring& ring) noexcept {
  return (IO_URING_READ_ONCE(*ring.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

void fill_entry(io_uring_sqe& entry, operation& op) {
  switch (op.kind) {
    case op_kind::nop: io_uring_prep_nop(&entry); break;
    case op_kind::close: io_uring_prep_close(&entry, op.fd); break;
    case op_kind::accept:
    case op_kind::recv:
    case op_kind::send:
    case op_kind::poll:
    case op_kind::shutdown: fill_socket(&entry, op); break;
    case op_kind::make_directory:
    case op_kind::unlink:
    case op_kind::rename:
    case op_kind::link: fill_name(&entry, op); break;
    case op_kind::read:
    case op_kind::write:
    case op_kind::write_fixed:
    case op_kind::sync:
    case op_kind::sync_data:
    case op_kind::sync_range:
    case op_kind::allocate:
    case op_kind::splice: fill_file(&entry, op); break;
    case op_kind::connect:
    case op_kind::open:
    case op_kind::stat:
    case op_kind::truncate:
    case op_kind::clone_range:
    case op_kind::sync_file_system:
    case op_kind::list: WF_CHECK(!"an operation with an entry of this form");
  }
}

void fill_open(io_uring_sqe& entry, const operation& op, open_how& how) {
  how = open_how{};
  how.flags = op.flags | O_CLOEXEC;
  how.mode = (op.flags & O_CREAT) != 0 ? op.mode : 0;  // anything else is refused without O_CREAT
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  io_uring_prep_openat2(&entry, op.fd, op.path.c_str(), &how);
}

void fill_connect(io_uring_sqe& entry, const operation& op, sockaddr_storage& address) {
  const auto parsed = parse_address(op.path);
  address = parsed ? parsed->storage : sockaddr_storage{};
  const socklen_t length = parsed ? parsed->length : 0;
  io_uring_prep_connect(&entry, op.fd, reinterpret_cast<const sockaddr*>(&address), length);
}

void fill_stat(io_uring_sqe& entry, const operation& op, struct statx& answer) {
  const int flags = AT_SYMLINK_NOFOLLOW | (op.path.empty() ? AT_EMPTY_PATH : 0);
  io_uring_prep_statx(&entry, op.fd, op.path.c_str(), flags, status_mask, &answer);
}

file_status status_of(const struct statx& answer) noexcept {
  file_status status;
  if (S_ISREG(answer.stx_mode)) status.kind = file_kind::regular;
  if (S_ISDIR(answer.stx_mode)) status.kind = file_kind::directory;
  status.size_bytes = answer.stx_size;
  status.allocated_bytes = answer.stx_blocks * stat_block_bytes;
  status.modified_ms = answer.stx_mtime.tv_sec * 1000 + answer.stx_mtime.tv_nsec / 1'000'000;
  return status;
}

}  // namespace wf::io
