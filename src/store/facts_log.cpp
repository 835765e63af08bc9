#include "waveforge/store/facts_log.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "log_record.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {

namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

/// One journal commit for so many bytes of log, a few hundred chunks; and so many bytes written twice.
constexpr std::size_t zeroed_step_bytes = 256_KiB;

class zeroed_log final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit zeroed_log(std::unique_ptr<rocksdb::FSWritableFile>&& file) : FSWritableFileOwnerWrapper(std::move(file)) {}

  IOStatus Append(const Slice& data, const IOOptions& how, IODebugContext* trace) override {
    const std::uint64_t end = written_ + data.size();
    if (zeroed_ && end > *zeroed_) zero_until(std::max(end, *zeroed_ + zeroed_step_bytes), how, trace);
    IOStatus done = target()->Append(data, how, trace);
    if (done.ok()) written_ += data.size();
    return done;
  }
  IOStatus Append(const Slice& data, const IOOptions& how, const rocksdb::DataVerificationInfo&,
                  IODebugContext* trace) override {
    return Append(data, how, trace);
  }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return written_; }
  /// Zeros that are left take room and say nothing.
  IOStatus Close(const IOOptions& how, IODebugContext* trace) override {
    const IOStatus shortened = target()->Truncate(written_, how, trace);
    IOStatus closed = target()->Close(how, trace);
    return closed.ok() ? shortened : closed;
  }

 private:
  /// Page by page: the kernel would keep a larger write as one large folio, and count all of it as written again with
  /// each record.
  void zero_until(std::uint64_t end, const IOOptions& how, IODebugContext* trace) {
    static const std::string page(4_KiB, '\0');
    while (zeroed_ && *zeroed_ < end) {
      if (target()->PositionedAppend(page, *zeroed_, how, trace).ok()) {
        *zeroed_ += page.size();
      } else {
        // Where there is no room for zeros there may be for the records, which are only synced more slowly. Not to be
        // tried again: what is written from here on would lie where the next zeros go.
        zeroed_.reset();
      }
    }
  }

  std::uint64_t written_{0};
  std::optional<std::uint64_t> zeroed_{0};  ///< up to here; empty: no more of this log will be
};

/// What an owner reads at its start: all of the log, as it was.
class recovered_log final : public rocksdb::FSSequentialFile {
 public:
  explicit recovered_log(std::string bytes) : bytes_(std::move(bytes)) {}

  IOStatus Read(std::size_t n, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
    const std::size_t size = std::min(n, bytes_.size() - at_);
    std::memcpy(scratch, bytes_.data() + at_, size);
    *result = Slice{scratch, size};
    at_ += size;
    return IOStatus::OK();
  }
  IOStatus Skip(std::uint64_t n) override {
    at_ += std::min<std::uint64_t>(n, bytes_.size() - at_);
    return IOStatus::OK();
  }

 private:
  std::string bytes_;
  std::size_t at_{0};
};

/// What an observer reads: whole records only, and more of them whenever it asks again.
class growing_log final : public rocksdb::FSSequentialFile {
 public:
  explicit growing_log(std::unique_ptr<rocksdb::FSRandomAccessFile> file) : file_(std::move(file)) {}

  IOStatus Read(std::size_t n, const IOOptions& how, Slice* result, char* scratch, IODebugContext* trace) override {
    while (whole_ < served_ + n) {
      const std::size_t begin = whole_ / log_block_bytes * log_block_bytes;
      Slice got;
      IOStatus read = file_->Read(begin, block_.size(), how, &got, block_.data(), trace);
      if (!read.ok()) return read;
      const std::uint64_t before = std::exchange(whole_, begin + end_of_whole(got, whole_ - begin));
      if (whole_ == before) break;
    }
    const std::size_t size = std::min<std::uint64_t>(n, whole_ - served_);
    *result = Slice{scratch, 0};
    if (size == 0) return IOStatus::OK();
    IOStatus read = file_->Read(served_, size, how, result, scratch, trace);
    if (read.ok()) served_ += result->size();
    return read;
  }
  IOStatus Skip(std::uint64_t n) override {
    served_ += n;
    whole_ = std::max(whole_, served_);
    return IOStatus::OK();
  }

 private:
  /// Of the records in `block` from `at` on. What is too short for a header ends with the block.
  static std::size_t end_of_whole(const Slice& block, std::size_t at) {
    const auto bytes = std::as_bytes(std::span{block.data(), block.size()});
    while (log_block_bytes - at >= log_header_bytes) {
      const auto record = read_log_record(bytes, at);
      if (!record || record->is != log_record::state::whole) return at;
      at = record->end;
    }
    return bytes.size() == log_block_bytes ? log_block_bytes : at;
  }

  std::unique_ptr<rocksdb::FSRandomAccessFile> file_;
  std::array<char, log_block_bytes> block_{};
  std::uint64_t whole_{0};   ///< up to here there are whole records
  std::uint64_t served_{0};  ///< up to here they were read
};

class facts_files final : public rocksdb::FileSystemWrapper {
 public:
  explicit facts_files(facts_access access) : FileSystemWrapper(rocksdb::FileSystem::Default()), access_(access) {}

  const char* Name() const override { return "waveforge_facts"; }

  IOStatus NewWritableFile(const std::string& file_name, const rocksdb::FileOptions& how,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* trace) override {
    IOStatus made = target()->NewWritableFile(file_name, how, file, trace);
    if (made.ok() && is_log(file_name)) *file = std::make_unique<zeroed_log>(std::move(*file));
    return made;
  }

  IOStatus NewSequentialFile(const std::string& file_name, const rocksdb::FileOptions& how,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* trace) override {
    if (!is_log(file_name)) return target()->NewSequentialFile(file_name, how, file, trace);
    if (access_ == facts_access::observer) {
      std::unique_ptr<rocksdb::FSRandomAccessFile> opened;
      IOStatus found = target()->NewRandomAccessFile(file_name, how, &opened, trace);
      if (found.ok()) *file = std::make_unique<growing_log>(std::move(opened));
      return found;
    }
    std::string bytes;
    IOStatus read = rocksdb::ReadFileToString(target(), file_name, &bytes);
    if (!read.ok()) return read;
    mark_hole(bytes);
    *file = std::make_unique<recovered_log>(std::move(bytes));
    return read;
  }

 private:
  static bool is_log(const std::string& file_name) { return file_name.ends_with(".log"); }

  facts_access access_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_facts_env(facts_access access) {
  return rocksdb::NewCompositeEnv(std::make_shared<facts_files>(access));
}

void mark_hole(std::string& log) {
  const auto bytes = std::as_bytes(std::span{log});
  std::size_t at = 0;
  std::optional<log_record> record;
  while ((record = read_log_record(bytes, at)) && record->is == log_record::state::whole) at = record->end;
  if (!record || record->is != log_record::state::nothing) return;
  const auto behind = log.find_first_not_of('\0', record->begin);
  if (behind == std::string::npos) return;
  // A record of no bytes whose checksum does not agree.
  log.replace(record->begin, log_header_bytes, std::string_view{"\xff\xff\xff\xff\0\0\1", log_header_bytes});
}

}  // namespace wf::store
