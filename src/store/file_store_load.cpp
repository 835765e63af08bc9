#include <algorithm>

#include "waveforge/store/file_store.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

io::task<void> file_store::adopt_loaded(std::shared_ptr<session_entry> entry, bool unvouched) {
  const auto checked = co_await check_files(*entry);
  if (!checked) {
    world_.log.fault("facts and files disagree",
                     {{"session", entry->id().text()}, {"reason", std::string_view{checked.error().detail}}});
    const std::lock_guard lock{entry->mutex};
    entry->value.now = session::state::damaged;
    entry->value.failure = checked.error().detail;
    co_return;
  }
  if (unvouched) co_await vouch_or_fall_back(entry);
  {
    const std::lock_guard lock{entry->mutex};
    for (const auto& [index, one] : entry->value.chunks.all()) {
      if (!session::accepts_bytes(entry->value.now)) break;
      if (one.length_bytes) entry->reserved.add(space_, *one.length_bytes - one.written_bytes);
    }
  }
  core_.assemble_if_ready(entry);
}

io::task<result<void>> file_store::check_files(session_entry& entry) {
  const session::recording& value = entry.value;  // nobody else sees the entry yet
  // An assembly that was broken off may have moved the segment already; whoever takes it up again finds it.
  const bool moving = value.now == session::state::assembling || value.now == session::state::failed;
  if (session::is_tombstone(value.now) || moving) co_return result<void>{};
  if (value.now == session::state::assembled) {
    const auto status = co_await dir_.root->handle.status(entry.files.path() + "/completed/" + value.file_name);
    if (!status || status->size_bytes != value.size_bytes) {
      co_return fail(errc::damaged, "the finished recording is missing or has another size than its facts say");
    }
    co_return result<void>{};
  }
  std::uint64_t segment_bytes = 0;
  for (const auto& [index, one] : value.chunks.all()) {
    if (one.written_bytes == 0) continue;
    if (one.where.where == session::home::segment) {
      segment_bytes = std::max(segment_bytes, one.where.offset_bytes + one.written_bytes);
      continue;
    }
    const auto status = co_await dir_.root->handle.status(entry.files.path() + "/" +
                                                          session::chunk_file_path(index, one.where.generation));
    if (!status || status->size_bytes < one.written_bytes) {
      co_return fail(errc::damaged,
                     "the file of chunk " + std::to_string(index) + " is missing or shorter than its facts say");
    }
  }
  if (segment_bytes > 0) {
    const auto status = co_await dir_.root->handle.status(entry.files.path() + "/chunks/segment");
    if (!status || status->size_bytes < segment_bytes) {
      co_return fail(errc::damaged, "chunks/segment is missing or shorter than its facts say");
    }
  }
  co_return result<void>{};
}

io::task<void> file_store::vouch_or_fall_back(std::shared_ptr<session_entry> entry) {
  // The process that wrote these bytes is gone; whether the page cache could write them back is known only after a
  // sync.
  std::vector<std::pair<std::uint32_t, session::extent>> written;
  for (const auto& [index, one] : entry->value.chunks.all()) {
    if (one.written_bytes != one.vouched_bytes) written.emplace_back(index, one.where);
  }
  result<void> opened{};
  for (const auto& [index, where] : written) {
    result<std::shared_ptr<open_file>> file{};
    if (where.where == session::home::segment) {
      file = co_await entry->files.segment();
    } else {
      file = co_await entry->files.chunk_file(index, where.generation);
    }
    if (!file) {
      opened = fail(file.error());
      break;
    }
    (*file)->dirty.store(true, std::memory_order_release);
  }
  if (opened) opened = co_await core_.vouch_all(entry);
  if (opened) co_return;
  world_.log.fault("bytes of a session could not be brought to the disk; it falls back to what was",
                   {{"session", entry->id().text()}, {"reason", std::string_view{opened.error().detail}}});
  const std::lock_guard lock{entry->mutex};
  for (auto& [index, one] : entry->value.chunks.all()) {
    one.written_bytes = one.vouched_bytes;
    one.promised_bytes = one.vouched_bytes;
  }
}

}  // namespace wf::store
