#include "waveforge/store/file_copy.hpp"

#include <algorithm>
#include <vector>

#include "waveforge/base/units.hpp"

namespace wf::store {

io::task<result<void>> copy_file(io::file& from, std::uint64_t from_offset, std::uint64_t length, io::file& into,
                                 std::uint64_t into_offset) {
  const auto shared = co_await into.clone_from(from, from_offset, length, into_offset);
  if (shared) co_return shared;
  const auto buffer = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(std::min(length, 256_KiB)));
  std::uint64_t done = 0;
  while (done < length) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer->size(), length - done));
    const auto bytes = std::span{*buffer}.first(size);
    const auto read = co_await from.read(bytes, from_offset + done, buffer);
    if (!read) co_return fail(read.error());
    if (*read == 0) co_return fail(errc::damaged, "a file ends before the bytes that should be in it");
    const auto written = co_await into.write_all(bytes.first(*read), into_offset + done, buffer);
    if (!written) co_return written;
    done += *read;
  }
  co_return result<void>{};
}

io::task<result<void>> bring_bytes(io::file& from, byte_move what, io::file& into, io::pipe_pool& pipes, go_on wanted) {
  const auto shared = co_await into.clone_from(from, what.from_offset, what.length, what.into_offset);
  if (shared) co_return shared;
  // Blocks in one run, and no space only before the first byte. Best effort: where fallocate is missing, writes
  // allocate.
  const auto reserved = co_await into.allocate(what.into_offset, what.length);
  if (!reserved && reserved.error().code == errc::no_space) co_return reserved;
  std::uint64_t done = 0;
  while (done < what.length) {
    if (wanted && !wanted()) co_return fail(errc::locked, "the copying was broken off");
    auto pipe = co_await pipes.take(io::deadline::never());
    if (!pipe) {
      // The user's allowance for pipes is spent: slower, and done all the same.
      const auto rest =
          co_await copy_file(from, what.from_offset + done, what.length - done, into, what.into_offset + done);
      co_return rest;
    }
    const auto want = static_cast<std::uint32_t>(std::min<std::uint64_t>(pipe->capacity_bytes, what.length - done));
    const auto filled = co_await io::fill_from_file(*pipe, from.number(), what.from_offset + done, want);
    if (!filled) co_return fail(filled.error());
    if (*filled == 0) co_return fail(errc::damaged, "a file ends before the bytes that should be in it");
    const auto drained = co_await io::drain_to_file(*pipe, into.number(), what.into_offset + done, *filled);
    if (!drained) co_return drained;
    done += *filled;
  }
  co_return result<void>{};
}

}  // namespace wf::store
