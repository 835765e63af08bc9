#include "waveforge/store/torn_manifest.hpp"

#include <fmt/format.h>
#include <rocksdb/env.h>

#include <algorithm>

#include "log_record.hpp"

namespace wf::store {

namespace {

constexpr std::size_t sector_bytes = 512;

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
  while (const auto record = read_log_record(manifest, at)) {
    // RocksDB ends here, too, and does not mind: nothing, or cut short, is what it expects of a crash.
    if (record->is == log_record::state::nothing || record->is == log_record::state::cut) break;
    if (record->is == log_record::state::wrong) {
      // A length that is wrong itself says no more than that the record ends with its block.
      return misses_sector(manifest, record->begin, record->end) ? std::optional{whole} : std::nullopt;
    }
    at = record->end;
    if (record->completes()) whole = at;
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
