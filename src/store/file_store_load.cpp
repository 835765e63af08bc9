#include <algorithm>
#include <cerrno>
#include <chrono>

#include "waveforge/store/file_store.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// Rows read in one go while others may want the reader: a few milliseconds.
constexpr std::size_t rows_looked_at_once = 1024;
constexpr auto seal_again_after = std::chrono::seconds{10};

/// Errors that are no answer about the files: the disk refused, or there were no descriptors. They pass.
result<std::uint64_t> size_if_there(const result<io::file_status>& status) {
  if (status) return status->size_bytes;
  if (status.error().code == errc::not_found) return 0;
  return fail(status.error());
}

}  // namespace

io::task<result<void>> file_store::adopt_loaded(std::shared_ptr<session_entry> entry, bool unvouched) {
  const auto checked = co_await check_files(*entry);
  // Damaged is what is known to be so. A disk that does not answer is asked again by whoever comes next.
  if (!checked && checked.error().code != errc::damaged) co_return checked;
  if (!checked) {
    world_.log.fault("facts and files disagree",
                     {{"session", entry->id().text()}, {"reason", std::string_view{checked.error().detail}}});
    const std::lock_guard lock{entry->mutex};
    entry->value.now = session::state::damaged;
    entry->value.failure = checked.error().detail;
    co_return result<void>{};
  }
  if (unvouched) {
    auto settled = co_await vouch_or_fall_back(entry);
    if (!settled) co_return settled;
  }
  {
    const std::lock_guard lock{entry->mutex};
    for (const auto& [index, one] : entry->value.chunks.all()) {
      if (!session::accepts_bytes(entry->value.now)) break;
      if (one.length_bytes) entry->reserved.add(space_, *one.length_bytes - one.written_bytes);
    }
  }
  core_.assemble_if_ready(entry);
  co_return result<void>{};
}

io::task<result<void>> file_store::check_files(session_entry& entry) {
  const session::recording& value = entry.value;  // nobody else sees the entry yet
  // An assembly that was broken off may have moved the segment already; whoever takes it up again finds it.
  const bool moving = value.now == session::state::assembling || value.now == session::state::failed;
  if (session::is_tombstone(value.now) || moving) co_return result<void>{};
  if (value.now == session::state::assembled) {
    const auto status = co_await dir_.root->handle.status(entry.files.path() + "/completed/" + value.file_name);
    const auto size = size_if_there(status);
    if (!size) co_return fail(size.error());
    if (!status || *size != value.size_bytes) {
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
    const auto size = size_if_there(status);
    if (!size) co_return fail(size.error());
    if (*size < one.written_bytes) {
      co_return fail(errc::damaged,
                     "the file of chunk " + std::to_string(index) + " is missing or shorter than its facts say");
    }
  }
  if (segment_bytes > 0) {
    const auto status = co_await dir_.root->handle.status(entry.files.path() + "/chunks/segment");
    const auto size = size_if_there(status);
    if (!size) co_return fail(size.error());
    if (*size < segment_bytes) {
      co_return fail(errc::damaged, "chunks/segment is missing or shorter than its facts say");
    }
  }
  co_return result<void>{};
}

io::task<result<void>> file_store::vouch_or_fall_back(std::shared_ptr<session_entry> entry) {
  // The process that wrote these bytes is gone; whether the page cache could write them back is known only after a
  // sync.
  std::vector<std::pair<std::uint32_t, session::extent>> written;
  for (const auto& [index, one] : entry->value.chunks.all()) {
    if (one.written_bytes != one.vouched_bytes) written.emplace_back(index, one.where);
  }
  opening how = opening::when_there_is_room;
  for (const auto& [index, where] : written) {
    result<std::shared_ptr<open_file>> file{};
    if (where.where == session::home::segment) {
      file = co_await entry->files.segment(how);
    } else {
      file = co_await entry->files.chunk_file(index, where.generation, how);
    }
    if (!file) co_return fail(file.error());
    (*file)->dirty.store(true, std::memory_order_release);
    how = opening::at_once;  // what has something open does not wait for others who may
  }
  const auto vouched = co_await core_.vouch_all(entry);
  // Most are only looked at; whoever writes to it opens them again.
  entry->files.close_unused();
  if (vouched) co_return result<void>{};
  if (!commits_.failed()) {
    // The bytes are on the disk, only the facts have no room to say so: their rows go on counting in this era.
    if (vouched.error().code == errc::no_space) co_return result<void>{};
    co_return vouched;
  }
  world_.log.fault("bytes of a session could not be brought to the disk; it falls back to what was",
                   {{"session", entry->id().text()}, {"reason", std::string_view{vouched.error().detail}}});
  const std::lock_guard lock{entry->mutex};
  for (auto& [index, one] : entry->value.chunks.all()) {
    one.written_bytes = one.vouched_bytes;
    one.promised_bytes = one.vouched_bytes;
  }
  co_return result<void>{};
}

result<bool> file_store::find_unvouched(std::string& from, std::vector<session::session_id>& into) {
  const std::string prefix{static_cast<char>(session::fact_kind::progress)};
  std::size_t seen = 0;
  const auto scanned = rows_->scan(prefix, std::max(prefix, from), [&](std::string_view key, std::string_view value) {
    const auto parsed = session::parse_key(key);
    const auto row = session::decode_progress(value);
    const bool counts = row && row->unvouched_era == dir_.now.era && row->unvouched_bytes != row->vouched_bytes;
    if (parsed && counts && (into.empty() || into.back() != parsed->id)) into.push_back(parsed->id);
    from.assign(key).push_back('\0');
    return ++seen < rows_looked_at_once;
  });
  if (!scanned) return fail(scanned.error());
  return seen == rows_looked_at_once;
}

io::task<void> file_store::seal_in_the_background() {
  for (;;) {
    const auto sealed = co_await seal_earlier_lives(false);
    if (sealed) co_return;
    const std::int32_t woken = co_await io::sleep_until(background_ring_.after(seal_again_after));
    if (woken == -ECANCELED || background_.closed()) co_return;
  }
}

io::task<result<void>> file_store::seal_earlier_lives(bool closing) {
  std::string from;
  for (bool more = true; more && !sealed_;) {
    std::vector<session::session_id> found;
    const auto looked = find_unvouched(from, found);
    if (!looked) co_return fail(looked.error());
    more = *looked;
    for (const auto& id : found) {
      if (background_.closed() && !closing) co_return fail(errc::unavailable, "the store is closing");
      // To load a session is to vouch for what an earlier process wrote.
      const auto loaded = co_await sessions_.find(id);
      if (!loaded) co_return fail(loaded.error());
    }
  }
  sealed_ = true;
  co_return result<void>{};
}

}  // namespace wf::store
