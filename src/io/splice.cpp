#include <cerrno>

#include "waveforge/io/pipe_pool.hpp"

namespace wf::io {

task<result<void>> drain_to_file(pipe& from, int fd, std::uint64_t offset, std::uint32_t size, std::uint64_t* landed) {
  std::uint32_t done = 0;
  result<void> outcome{};
  while (done < size) {
    operation op;
    op.kind = op_kind::splice;
    op.fd = from.read_end.number();
    op.offset = no_offset;
    op.fd2 = fd;
    op.offset2 = offset + done;
    op.size = size - done;
    const std::int32_t value = co_await perform_uninterrupted(std::move(op));
    if (value == -EINTR) continue;
    if (value <= 0) {
      // 0 and EAGAIN: less is in the pipe than its owner counted, and that is not a matter of waiting.
      outcome = fail(os_error(value == 0 || value == -EAGAIN ? -EIO : value, "write from a pipe"));
      break;
    }
    done += static_cast<std::uint32_t>(value);
    from.held_bytes -= static_cast<std::uint32_t>(value);
  }
  if (landed != nullptr) *landed = done;
  co_return outcome;
}

task<result<std::uint32_t>> fill_from_file(pipe& into, int fd, std::uint64_t offset, std::uint32_t size) {
  for (;;) {
    operation op;
    op.kind = op_kind::splice;
    op.fd = fd;
    op.offset = offset;
    op.fd2 = into.write_end.number();
    op.offset2 = no_offset;
    op.size = size;
    const std::int32_t value = co_await perform_uninterrupted(std::move(op));
    if (value == -EINTR) continue;
    if (value < 0) co_return fail(os_error(value, "read into a pipe"));
    into.held_bytes += static_cast<std::uint32_t>(value);
    co_return static_cast<std::uint32_t>(value);
  }
}

}  // namespace wf::io
