#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace wf::io {

/// What one entry of the ring does. The first group is carried out by io_uring itself; the last group has no opcode in
/// the kernels we run on, and the ring hands it to its one helper thread, so that it too ends with a completion.
enum class op_kind : std::uint8_t {
  nop,
  accept,    ///< fd: listener. value: new descriptor
  connect,   ///< fd, path: address text as in kernel::listen
  recv,      ///< fd, data, size, flags (MSG_*). value: bytes, 0 = the peer finished
  send,      ///< fd, data, size, flags (MSG_*). value: bytes
  poll,      ///< fd, flags (POLLIN …). value: ready mask
  shutdown,  ///< fd, flags (SHUT_*)
  close,     ///< fd
  open,  ///< fd: directory, path, flags (O_*), mode. Always RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS. value: descriptor
  make_directory,  ///< fd: directory, path, mode
  unlink,          ///< fd: directory, path, flags (AT_REMOVEDIR)
  rename,          ///< fd/path -> fd2/path2, flags (RENAME_NOREPLACE)
  link,            ///< fd/path -> fd2/path2: one more name of a file
  stat,            ///< fd, path ("" = fd itself); data: file_status
  read,            ///< fd, data, size, offset. value: bytes
  write,           ///< fd, data, size, offset. value: bytes
  write_fixed,     ///< as write, from the registered buffer buffer_index
  sync,            ///< fd: data and metadata (fsync); also directories
  sync_data,       ///< fd: fdatasync
  sync_range,      ///< fd, offset, length: start write-back, do not wait (SYNC_FILE_RANGE_WRITE)
  allocate,        ///< fd, offset, length, flags (FALLOC_FL_*): fallocate
  splice,          ///< fd (offset or none) -> fd2 (offset2 or none), size. value: bytes
  // by the helper thread
  truncate,          ///< fd, length
  clone_range,       ///< fd (source), offset, length -> fd2, offset2: FICLONERANGE
  sync_file_system,  ///< fd: syncfs
  list,              ///< fd: directory; data: std::vector<directory_entry>, appended to
};

inline constexpr std::uint64_t no_offset = ~std::uint64_t{0};  ///< splice: pipe or socket end

/// One operation as a value. The slot that holds it lives until the last completion, and with it everything named here:
/// paths are copied in, and `owner` keeps alive whatever `data` points into. Never point `data` at a coroutine frame.
struct operation {
  // Not an aggregate: GCC 12 copies an aggregate temporary of a co_await expression byte by byte into the coroutine's
  // frame, and a string so copied frees memory that is not its own.
  operation() noexcept {}

  op_kind kind{op_kind::nop};
  int fd{-1};
  int fd2{-1};
  void* data{nullptr};
  std::uint32_t size{0};
  std::uint32_t flags{0};
  std::uint64_t offset{0};
  std::uint64_t offset2{0};
  std::uint64_t length{0};
  std::uint32_t mode{0};
  std::uint16_t buffer_index{0};
  std::string path{};
  std::string path2{};
  std::shared_ptr<void> owner{};
};

/// A slot and the generation in which it was used: what the kernel carries as user_data. Never a pointer.
struct op_id {
  std::uint32_t slot{0};
  std::uint32_t generation{0};
  friend bool operator==(op_id, op_id) = default;
};

/// How an operation ended. value: as the kind says, or -errno. A deadline that passed is -ETIMEDOUT, a cancelled wait
/// -ECANCELED.
struct completion {
  op_id id{};
  std::int32_t value{0};
  bool more{false};  ///< further completions of the same operation follow; its slot stays taken
};

enum class file_kind : std::uint8_t { regular, directory, other };

struct file_status {
  file_kind kind{file_kind::other};
  std::uint64_t size_bytes{0};
  std::uint64_t allocated_bytes{0};
  std::int64_t modified_ms{0};  ///< UTC
};

struct directory_entry {
  std::string name{};
  file_kind kind{file_kind::other};
};

}  // namespace wf::io
