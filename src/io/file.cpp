#include "waveforge/io/file.hpp"

#include <linux/falloc.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace wf::io {

namespace {

/// One entry carries at most this: the kernel cuts at 2 GiB less a page anyway, and an aligned cut keeps direct I/O
/// aligned.
constexpr std::uint64_t transfer_bytes_max = std::uint64_t{1} << 30U;
constexpr std::size_t zero_bytes = 64 * 1024;
alignas(4096) constexpr std::array<std::byte, zero_bytes> zeros{};

result<void> outcome(std::int32_t value, std::string_view doing) {
  if (value < 0) return fail(os_error(value, doing));
  return {};
}

std::uint32_t piece(std::uint64_t left) noexcept {
  return static_cast<std::uint32_t>(std::min(left, transfer_bytes_max));
}

/// Writes all of `op.data` … `op.data + size`, going on after short writes.
task<result<void>> write_through(operation op, std::uint64_t size, std::uint64_t* written) {
  std::uint64_t done = 0;
  auto* const data = static_cast<std::byte*>(op.data);
  const std::uint64_t offset = op.offset;
  result<void> outcome{};
  while (done < size) {
    operation next = op;
    next.data = data + done;
    next.size = piece(size - done);
    next.offset = offset + done;
    const std::int32_t value = co_await perform_uninterrupted(std::move(next));
    if (value == -EINTR) continue;
    if (value <= 0) {
      // A device that takes nothing and names no reason.
      outcome = fail(os_error(value == 0 ? -EIO : value, "write"));
      break;
    }
    done += static_cast<std::uint64_t>(value);
  }
  if (written != nullptr) *written = done;
  co_return outcome;
}

/// The kernel reads from it only; the entry's pointer is not const.
void* kernel_reads(std::span<const std::byte> bytes) noexcept {
  return const_cast<std::byte*>(bytes.data());
}

}  // namespace

task<result<void>> file::write_all(std::span<const std::byte> from, std::uint64_t offset, std::shared_ptr<void> owner,
                                   std::uint64_t* written) {
  operation op;
  op.kind = op_kind::write;
  op.fd = number();
  op.data = kernel_reads(from);
  op.offset = offset;
  op.owner = std::move(owner);
  return write_through(std::move(op), from.size(), written);
}

task<result<void>> file::write_all_fixed(std::span<const std::byte> from, std::uint64_t offset,
                                         std::uint16_t buffer_index, std::shared_ptr<void> owner,
                                         std::uint64_t* written) {
  operation op;
  op.kind = op_kind::write_fixed;
  op.fd = number();
  op.data = kernel_reads(from);
  op.offset = offset;
  op.buffer_index = buffer_index;
  op.owner = std::move(owner);
  return write_through(std::move(op), from.size(), written);
}

task<result<std::size_t>> file::read(std::span<std::byte> into, std::uint64_t offset, std::shared_ptr<void> owner) {
  std::size_t done = 0;
  while (done < into.size()) {
    operation op;
    op.kind = op_kind::read;
    op.fd = number();
    op.data = into.data() + done;
    op.size = piece(into.size() - done);
    op.offset = offset + done;
    op.owner = owner;
    const std::int32_t value = co_await perform_uninterrupted(std::move(op));
    if (value == -EINTR) continue;
    if (value < 0) co_return fail(os_error(value, "read"));
    if (value == 0) break;
    done += static_cast<std::size_t>(value);
  }
  co_return done;
}

task<result<void>> file::sync() {
  operation op;
  op.kind = op_kind::sync;
  op.fd = number();
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, "sync file");
}

task<result<void>> file::sync_data() {
  operation op;
  op.kind = op_kind::sync_data;
  op.fd = number();
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, "sync data of file");
}

task<void> file::start_write_back(std::uint64_t offset, std::uint64_t length) {
  operation op;
  op.kind = op_kind::sync_range;
  op.fd = number();
  op.offset = offset;
  op.length = length;
  // Its failure is the next sync's to report: only a sync's answer is a promise.
  (void)co_await perform_uninterrupted(std::move(op));
}

task<result<void>> file::allocate(std::uint64_t offset, std::uint64_t length) {
  for (;;) {
    operation op;
    op.kind = op_kind::allocate;
    op.fd = number();
    op.offset = offset;
    op.length = length;
    const std::int32_t value = co_await perform_uninterrupted(std::move(op));
    if (value == -EINTR) continue;
    co_return outcome(value, "reserve space");
  }
}

task<result<void>> file::zero(std::uint64_t offset, std::uint64_t length) {
  operation op;
  op.kind = op_kind::allocate;
  op.fd = number();
  op.offset = offset;
  op.length = length;
  op.flags = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  if (value != -EOPNOTSUPP) co_return outcome(value, "zero a range");
  // tmpfs among others: write them.
  for (std::uint64_t done = 0; done < length;) {
    const std::size_t size = std::min<std::uint64_t>(zeros.size(), length - done);
    const auto written = co_await write_all(std::span{zeros}.first(size), offset + done, nullptr);
    if (!written) co_return written;
    done += size;
  }
  co_return result<void>{};
}

task<result<void>> file::truncate(std::uint64_t length) {
  operation op;
  op.kind = op_kind::truncate;
  op.fd = number();
  op.length = length;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, "set length of file");
}

task<result<file_status>> file::status() {
  auto answer = std::make_shared<file_status>();
  operation op;
  op.kind = op_kind::stat;
  op.fd = number();
  op.data = answer.get();
  op.owner = answer;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  if (value < 0) co_return fail(os_error(value, "ask status of file"));
  co_return *answer;
}

task<result<void>> file::clone_from(const file& source, std::uint64_t source_offset, std::uint64_t length,
                                    std::uint64_t offset) {
  operation op;
  op.kind = op_kind::clone_range;
  op.fd = source.number();
  op.fd2 = number();
  op.offset = source_offset;
  op.length = length;
  op.offset2 = offset;
  const std::int32_t value = co_await perform_uninterrupted(std::move(op));
  co_return outcome(value, "share blocks");
}

task<void> file::close() {
  if (!fd_) co_return;
  operation op;
  op.kind = op_kind::close;
  op.fd = fd_.release();
  (void)co_await perform_uninterrupted(std::move(op));
}

}  // namespace wf::io
