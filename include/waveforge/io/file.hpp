#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "waveforge/base/result.hpp"
#include "waveforge/io/descriptor.hpp"
#include "waveforge/io/task.hpp"

namespace wf::io {

/// An open regular file. Its operations run on the ring of the coroutine that calls them, so several workers may use
/// one file at the same time at different offsets; the owner sees to it that it outlives them.
///
/// Short reads and writes are continued here and nowhere else. Buffers are kept alive by `owner` until the kernel is
/// done; an `owner` of null says that the caller's memory outlives the ring (statics). File operations are not
/// cancelled: the disk ends them, and the step that was begun is finished.
class file {
 public:
  file() noexcept = default;
  explicit file(descriptor fd) noexcept : fd_(std::move(fd)) {}

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  [[nodiscard]] int number() const noexcept { return fd_.number(); }
  [[nodiscard]] descriptor& fd() noexcept { return fd_; }

  /// All of `from` at `offset`. On failure `written` (if given) says how many leading bytes landed.
  [[nodiscard]] task<result<void>> write_all(std::span<const std::byte> from, std::uint64_t offset,
                                             std::shared_ptr<void> owner, std::uint64_t* written = nullptr);
  /// As write_all with O_DIRECT from registered buffer `buffer_index` (the descriptor was opened with O_DIRECT, and
  /// address, length and offset are aligned).
  [[nodiscard]] task<result<void>> write_all_fixed(std::span<const std::byte> from, std::uint64_t offset,
                                                   std::uint16_t buffer_index, std::shared_ptr<void> owner,
                                                   std::uint64_t* written = nullptr);
  /// Up to into.size() bytes; fewer only at the end of the file.
  [[nodiscard]] task<result<std::size_t>> read(std::span<std::byte> into, std::uint64_t offset,
                                               std::shared_ptr<void> owner);
  [[nodiscard]] task<result<void>> sync();
  [[nodiscard]] task<result<void>> sync_data();
  /// Start write-back of a range; does not wait and promises nothing.
  [[nodiscard]] task<void> start_write_back(std::uint64_t offset, std::uint64_t length);
  /// Reserve blocks and set the size to cover them. no_space before any byte is written.
  [[nodiscard]] task<result<void>> allocate(std::uint64_t offset, std::uint64_t length);
  /// Make a range read as zeros, keeping its blocks.
  [[nodiscard]] task<result<void>> zero(std::uint64_t offset, std::uint64_t length);
  [[nodiscard]] task<result<void>> truncate(std::uint64_t length);
  [[nodiscard]] task<result<file_status>> status();
  /// Share blocks of `source` (FICLONERANGE). io_failed with EOPNOTSUPP/EINVAL where the file system cannot.
  [[nodiscard]] task<result<void>> clone_from(const file& source, std::uint64_t source_offset, std::uint64_t length,
                                              std::uint64_t offset);
  /// Hand the descriptor back to the kernel through the ring, so that a slow close blocks nobody.
  [[nodiscard]] task<void> close();

 private:
  descriptor fd_;
};

}  // namespace wf::io
