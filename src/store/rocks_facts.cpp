#include "waveforge/store/rocks_facts.hpp"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "waveforge/base/units.hpp"
#include "waveforge/store/facts_log.hpp"
#include "waveforge/store/torn_manifest.hpp"

namespace wf::store {

namespace {

/// Kind, name space and UUID: what the rows of one kind and session have in common.
constexpr std::size_t session_prefix_bytes = 38;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

error failure(const rocksdb::Status& status, std::string_view doing) {
  errc code = errc::io_failed;
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace) code = errc::no_space;
  if (status.IsCorruption()) code = errc::damaged;
  return {code, fmt::format("{}: {}", doing, status.ToString()), 0};
}

rocksdb::Options make_options(facts_access access) {
  rocksdb::Options options;
  options.create_if_missing = true;
  // Bounds: two write buffers of 16 MiB, 2 MiB of blocks, indexes and filters, 64 MiB of log; a million sessions change
  // none of them. Whoever compacts remembers all keys of the file he writes for its filter: in files of 64 MiB, the
  // default, that is several megabytes a time.
  options.write_buffer_size = 16_MiB;
  options.max_write_buffer_number = 2;
  options.max_total_wal_size = 64_MiB;
  options.target_file_size_base = 8_MiB;
  options.max_background_jobs = 2;
  options.max_open_files = access == facts_access::observer ? -1 : 256;  // a secondary must hold every file open
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1_MiB;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.recycle_log_file_num = 0;
  // A torn tail of the log is what a crash leaves; the rows before it are whole and in order.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // What an earlier process wrote without a sync is synced before anything is told that rests on it: a removal that is
  // found done needs no second one.
  options.avoid_flush_during_recovery = false;
  options.compression = rocksdb::kNoCompression;
  // Rows of one kind and session come one after the other: the table in memory is searched from the last one's place.
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(session_prefix_bytes));
  rocksdb::BlockBasedTableOptions table;
  // Ids are random: a larger cache would fill all the same, only later, and the kernel keeps the files' pages anyway.
  // Parts of 4 KiB of indexes and filters come and go as blocks do, where whole ones grow with the sessions there were.
  table.block_cache = rocksdb::NewLRUCache(2_MiB);
  table.cache_index_and_filter_blocks = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most look-ups of unknown ids end here
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

class rocks_facts final : public facts {
 public:
  rocks_facts(std::unique_ptr<rocksdb::Env> files, std::unique_ptr<rocksdb::DB> database, bool observer)
      : files_(std::move(files)), database_(std::move(database)), observer_(observer) {}
  ~rocks_facts() override { (void)database_->Close(); }

  result<void> apply(std::span<const fact_write> batch, bool sync) override {
    rocksdb::WriteBatch writes;
    for (const auto& row : batch) {
      const rocksdb::Status put =
          row.value ? writes.Put(slice(row.key), slice(*row.value)) : writes.Delete(slice(row.key));
      if (!put.ok()) return fail(failure(put, "collect facts"));
    }
    // After a full disk the database refuses everything until it is told that there is room again.
    if (full_ && !database_->Resume().ok()) return fail(errc::no_space, "write facts: the disk is still full");
    full_ = false;
    rocksdb::WriteOptions how;
    how.sync = sync;
    const rocksdb::Status written = database_->Write(how, &writes);
    if (written.ok()) return {};
    error why = failure(written, "write facts");
    full_ = why.code == errc::no_space;
    return fail(std::move(why));
  }

  result<std::optional<std::string>> get(std::string_view key) override {
    if (auto fresh = catch_up(); !fresh) return fail(fresh.error());
    std::string value;
    const rocksdb::Status found = database_->Get(rocksdb::ReadOptions{}, slice(key), &value);
    if (found.IsNotFound()) return std::optional<std::string>{};
    if (!found.ok()) return fail(failure(found, "read a fact"));
    return std::optional{std::move(value)};
  }

  result<void> scan(std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& each) override {
    if (auto fresh = catch_up(); !fresh) return fresh;
    const std::unique_ptr<rocksdb::Iterator> at{database_->NewIterator(rocksdb::ReadOptions{})};
    for (at->Seek(slice(from < prefix ? prefix : from)); at->Valid(); at->Next()) {
      const std::string_view key = view(at->key());
      if (!key.starts_with(prefix) || !each(key, view(at->value()))) break;
    }
    if (!at->status().ok()) return fail(failure(at->status(), "read facts"));
    return {};
  }

 private:
  result<void> catch_up() {
    if (!observer_) return {};
    const rocksdb::Status caught_up = database_->TryCatchUpWithPrimary();
    if (!caught_up.ok()) return fail(failure(caught_up, "follow the running server's facts"));
    return {};
  }

  std::unique_ptr<rocksdb::Env> files_;  ///< outlives the database
  std::unique_ptr<rocksdb::DB> database_;
  bool observer_;
  bool full_{false};  ///< the last batch found no room; touched by the one thread that writes
};

}  // namespace

result<std::unique_ptr<facts>> open_rocks_facts(const std::string& path, facts_access access,
                                                const std::string& scratch, logger* log) {
  rocksdb::DB* database = nullptr;
  rocksdb::Options options = make_options(access);
  std::unique_ptr<rocksdb::Env> files = make_facts_env(access);
  options.env = files.get();
  const bool observer = access == facts_access::observer;
  rocksdb::Status opened = observer ? rocksdb::DB::OpenAsSecondary(options, path, scratch, &database)
                                    : rocksdb::DB::Open(options, path, &database);
  if (opened.IsCorruption() && !observer) {
    const auto taken_back = take_back_torn_record(path);
    if (!taken_back) return fail(taken_back.error());
    if (*taken_back) {
      if (log != nullptr) log->warn("took back a record of the facts' list of files that a power cut had torn");
      opened = rocksdb::DB::Open(options, path, &database);
    }
  }
  if (!opened.ok()) {
    error why = failure(opened, fmt::format("open the facts in {}", path));
    if (why.code == errc::damaged && observer && ends_in_torn_record(path)) {
      why.detail += "; a power cut tore the last record of that file: the next start of the server takes it back";
    } else if (why.code == errc::damaged) {
      why.detail += "; the recordings' bytes are untouched: stop the server and work on a copy of the data dir";
    }
    return fail(std::move(why));
  }
  return std::unique_ptr<facts>{
      std::make_unique<rocks_facts>(std::move(files), std::unique_ptr<rocksdb::DB>{database}, observer)};
}

}  // namespace wf::store
