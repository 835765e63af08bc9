#include "waveforge/store/torn_manifest.hpp"

#include <fmt/format.h>
#include <rocksdb/env.h>

#include <algorithm>

#include "waveforge/base/crc32c.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {

namespace {

// The format of RocksDB's logs: blocks of 32 KiB, in them records of a checksum (4 bytes, masked), a length (2), a type
// (1) and the bytes; little endian. A record that does not fit is cut into first, middle and last.
constexpr std::size_t block_bytes = 32_KiB;
constexpr std::size_t header_bytes = 7;
constexpr std::size_t sector_bytes = 512;
constexpr unsigned type_full = 1;
constexpr unsigned type_last = 4;

unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

bool agrees(std::span<const std::byte> record) {
  std::uint32_t stored = 0;
  for (std::size_t at = 4; at-- > 0;) stored = stored << 8U | byte_at(record, at);
  const std::uint32_t sum = crc32c(0, record.subspan(6));  // the type is covered
  return stored == ((sum >> 15U | sum << 17U) + 0xa282ead8U);
}

/// A sector that the record [begin, end) reaches into never came to the disk. The one it begins in did, if the record
/// before it is whole; the last one goes on behind the record, and is as empty there.
bool misses_sector(std::span<const std::byte> file, std::size_t begin, std::size_t end) {
  for (std::size_t at = (begin + sector_bytes - 1) / sector_bytes * sector_bytes; at < end; at += sector_bytes) {
    const auto sector = file.subspan(at, std::min(sector_bytes, file.size() - at));
    if (std::ranges::all_of(sector, [](std::byte one) { return one == std::byte{0}; })) return true;
  }
  return false;
}

struct manifest_file {
  std::string path;
  std::string bytes;
};

result<manifest_file> read_manifest(const std::string& path) {
  auto* disk = rocksdb::Env::Default();
  const auto failure = [](const rocksdb::Status& why) { return fail(errc::io_failed, why.ToString()); };
  std::string name;
  if (const auto read = rocksdb::ReadFileToString(disk, path + "/CURRENT", &name); !read.ok()) return failure(read);
  while (!name.empty() && name.back() == '\n') name.pop_back();
  manifest_file file{path + "/" + name, {}};
  if (const auto read = rocksdb::ReadFileToString(disk, file.path, &file.bytes); !read.ok()) return failure(read);
  return file;
}

}  // namespace

std::optional<std::size_t> torn_from(std::span<const std::byte> manifest) {
  std::size_t whole = 0;
  std::size_t at = 0;
  while (at + header_bytes <= manifest.size()) {
    const std::size_t left = block_bytes - at % block_bytes;
    if (left < header_bytes) {
      at += left;
      continue;
    }
    const std::size_t length = byte_at(manifest, at + 4) | byte_at(manifest, at + 5) << 8U;
    const unsigned type = byte_at(manifest, at + 6);
    if (type == 0 && length == 0) break;  // RocksDB ends here, too, and does not mind
    const std::size_t end = at + header_bytes + length;
    if (end > manifest.size()) break;  // cut short is what RocksDB expects of a crash
    if (header_bytes + length > left || !agrees(manifest.subspan(at, header_bytes + length))) {
      // A length that is wrong itself says no more than that the record ends with its block.
      return misses_sector(manifest, at, std::min(end, at + left)) ? std::optional{whole} : std::nullopt;
    }
    at = end;
    if (type == type_full || type == type_last) whole = at;
  }
  return std::nullopt;
}

bool ends_in_torn_record(const std::string& path) {
  const auto file = read_manifest(path);
  return file && torn_from(std::as_bytes(std::span{file->bytes})).has_value();
}

result<bool> take_back_torn_record(const std::string& path) {
  const auto file = read_manifest(path);
  if (!file) return fail(file.error());
  const auto whole = torn_from(std::as_bytes(std::span{file->bytes}));
  if (!whole || *whole == 0) return false;
  auto* disk = rocksdb::Env::Default();
  // A name that RocksDB clears away, should we not come to the end.
  const std::string shorter = path + "/999999.dbtmp";
  rocksdb::Status done = rocksdb::WriteStringToFile(disk, rocksdb::Slice{file->bytes.data(), *whole}, shorter, true);
  if (done.ok()) done = disk->RenameFile(shorter, file->path);
  std::unique_ptr<rocksdb::Directory> home;
  if (done.ok()) done = disk->NewDirectory(path, &home);
  if (done.ok()) done = home->Fsync();
  if (!done.ok()) return fail(errc::io_failed, fmt::format("shorten {}: {}", file->path, done.ToString()));
  return true;
}

}  // namespace wf::store
