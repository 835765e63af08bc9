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

}  // namespace wf::store
