#include <fmt/format.h>

#include <algorithm>

#include "waveforge/base/limits.hpp"
#include "waveforge/store/file_store.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// A DELETE cuts running bodies, so only their last operations are waited for.
constexpr auto removal_patience = std::chrono::seconds{10};
/// A name waits for the last round of an assembly and for its chunks to be removed, however many files they are.
constexpr auto phase_patience = std::chrono::seconds{10};

bool finished(const session::recording& value) noexcept {
  return value.now == session::state::assembled;
}

/// A name or metadata that is not there yet.
bool brings_news(const session::recording& value, const assemble_request& request) noexcept {
  if (request.name && !request.name->empty() && value.name != *request.name) return true;
  return request.metadata_json && value.late_metadata != *request.metadata_json;
}

void take_names(session::recording& value, const assemble_request& request) {
  if (request.name && !request.name->empty()) value.name = *request.name;
  if (request.metadata_json) value.late_metadata = *request.metadata_json;
}

/// The request has something to record, or what an earlier one brought could not be recorded whole. The entry's mutex
/// is held.
bool has_to_change(const session_entry& entry, const assemble_request& request) {
  const bool manifest = finished(entry.value) && entry.manifest_due;
  return manifest || entry.row_is_due() || brings_news(entry.value, request);
}

/// A row written now would lie behind the one that ends the exclusive phase. The entry's mutex is held.
bool would_overtake(const session_entry& entry) noexcept {
  return entry.finishing || (entry.exclusive && finished(entry.value));
}

/// How many chunks the recording has; state_conflict, chunks_missing.
result<std::uint32_t> total_for(const session::recording& value, const assemble_request& request) {
  std::uint32_t total = value.total.value_or(value.chunks.end_index());
  if (request.total_chunks && session::accepts_bytes(value.now)) total = *request.total_chunks;
  if (request.total_chunks && !session::accepts_bytes(value.now) && value.total != request.total_chunks) {
    return fail(errc::state_conflict, fmt::format("the recording has been put together from {} chunks", total));
  }
  if (total == 0 || !value.chunks.all_complete(total)) {
    return fail(errc::chunks_missing, "not every chunk has arrived");
  }
  return total;
}

/// Notes that the session's row is recorded as it was after so many changes.
auto notes_row(const std::shared_ptr<session_entry>& entry, std::uint64_t changes) {
  return [entry, changes](const result<void>& outcome) {
    const std::lock_guard lock{entry->mutex};
    if (outcome) entry->row_recorded = std::max(entry->row_recorded, changes);
  };
}

/// What `assemble` changes before the work begins. False: nothing.
bool take_completion(session::recording& value, const assemble_request& request, std::uint32_t total,
                     std::vector<fact_write>& rows) {
  bool news = brings_news(value, request);
  take_names(value, request);
  if (session::accepts_bytes(value.now) && (value.total != total || value.now != session::state::sealed)) {
    value.total = total;
    value.now = session::state::sealed;
    for (const std::uint32_t index : value.chunks.erase_from(total)) forget_chunk(value.id, index, rows);
    news = true;
  }
  return news;
}

/// It does not leave memory before the restart that ends the doubt.
bool is_in_doubt(const std::shared_ptr<session_entry>& entry) {
  if (!entry) return false;
  const std::lock_guard lock{entry->mutex};
  return entry->removal_in_doubt;
}

}  // namespace

io::task<result<session_view>> file_store::status(const session::session_id& id) {
  const session::session_id name = id;
  const auto found = co_await sessions_.find(name);
  if (!found) co_return fail(found.error());
  const std::lock_guard lock{(*found)->mutex};
  const auto usable = (*found)->usable();
  // A damaged session can be looked at: its state and its reason are the answer.
  if (!usable && usable.error().code != errc::damaged) co_return fail(usable.error());
  co_return (*found)->view(with_.expiry());
}

io::task<result<session_view>> file_store::wait_for_change(const session::session_id& id, std::uint64_t seen,
                                                           io::deadline until) {
  const session::session_id name = id;
  const auto found = co_await sessions_.find(name);
  if (!found) co_return fail(found.error());
  for (;;) {
    const std::uint64_t ticket = (*found)->changed.ticket();
    {
      const std::lock_guard lock{(*found)->mutex};
      const auto usable = (*found)->usable();
      if (!usable && usable.error().code != errc::damaged) co_return fail(usable.error());
      if ((*found)->version > seen) co_return (*found)->view(with_.expiry());
    }
    if (co_await (*found)->changed.wait(ticket, until) != 0) {
      co_return fail(errc::timed_out, "nothing has changed");
    }
  }
}

io::task<result<session_view>> file_store::assemble(const assemble_request& request) {
  return uninterrupted(assemble_now(request));
}

io::task<result<session_view>> file_store::assemble_now(const assemble_request& request) {
  const io::deadline until{world_.time.now() + phase_patience};
  auto held = co_await core_.open(request.id);
  bool late = false;
  committer::begun begun;
  for (;;) {
    if (!held) co_return fail(held.error());
    session_entry& entry = **held;
    bool waits = false;
    {
      // What may be written is decided under the lock under which it is begun.
      const std::lock_guard lock{entry.mutex};
      const auto total = total_for(entry.value, request);
      if (!total) co_return fail(total.error());
      waits = would_overtake(entry) && has_to_change(entry, request);
      late = finished(entry.value) && has_to_change(entry, request);
      if (!waits && !finished(entry.value)) begun = record_completion(held->entry(), request, *total);
      if (!waits && entry.value.now == session::state::failed) {
        assembler_.enqueue(held->entry());
        if (!entry.assembling_queued) {
          co_return fail(errc::unavailable,
                         "no more recordings may wait to be put together now; this one is tried again later");
        }
      }
    }
    if (!waits) break;
    held->release();  // the phase may wait for those inside
    held = co_await open_after_the_phase(request.id, until);
  }
  const std::shared_ptr<session_entry> entry = held->entry();
  result<void> recorded{};
  if (begun) recorded = co_await commits_.wait(begun);
  if (late) recorded = co_await record_late(entry, request);
  if (!recorded) co_return fail(recorded.error());
  entry->changed.notify_all();
  core_.assemble_if_ready(entry);
  const std::lock_guard lock{entry->mutex};
  session_view view = entry->view(with_.expiry());
  // Queued is as good as begun: nothing but a failure of the disk can stop it now.
  if (!finished(entry->value)) view.state = session::state::assembling;
  co_return view;
}

io::task<result<session_hold>> file_store::open_after_the_phase(session::session_id id, io::deadline until) {
  auto held = co_await core_.open_to_change(std::move(id), until);
  if (!held && held.error().code == errc::locked) {
    co_return fail(errc::unavailable, "the recording is being put in its place; send the name again in a moment");
  }
  co_return held;
}

committer::begun file_store::record_completion(const std::shared_ptr<session_entry>& entry,
                                               const assemble_request& request, std::uint32_t total) {
  commit_request commit;
  auto& value = entry->value;
  if (take_completion(value, request, total, commit.rows)) {
    ++entry->row_changes;
    // The manifest may be written already; it is written again behind the row that says the recording is there.
    entry->manifest_due = value.now == session::state::assembling;
    store_core::touch(*entry);
  }
  if (!entry->row_is_due()) return nullptr;
  commit.rows.push_back(session_row(value));
  // The client has its answer and may never come back; whoever starts next puts the recording together all the same.
  commit.rows.push_back(work_row(value.id));
  commit.sync = core_.syncs_changes();
  commit.ended = notes_row(entry, entry->row_changes);
  return commits_.begin(std::move(commit));
}

io::task<result<void>> file_store::record_late(const std::shared_ptr<session_entry>& entry,
                                               const assemble_request& request) {
  const gate::pass turn = co_await entry->late_changes.enter();
  commit_request commit;
  commit.sync = true;  // the manifest must not say what the facts have forgotten
  {
    const std::lock_guard lock{entry->mutex};
    if (!has_to_change(*entry, request)) co_return result<void>{};  // somebody else brought the same
    take_names(entry->value, request);
    const std::uint64_t row = ++entry->row_changes;
    store_core::touch(*entry);
    entry->manifest_due = true;
    // Whoever starts next writes the manifest.
    commit.rows = {session_row(entry->value), work_row(entry->id())};
    commit.ended = notes_row(entry, row);
  }
  const auto recorded = co_await commits_.commit(std::move(commit));
  if (!recorded) co_return recorded;
  auto written = co_await assembler_.clear_up(entry);
  co_return written;
}

io::task<result<recording_handle>> file_store::open_recording(const session::session_id& id) {
  const auto held = co_await core_.open(id);
  if (!held) co_return fail(held.error());
  recording_handle out;
  std::string path;
  {
    const std::lock_guard lock{(*held)->mutex};
    const auto& value = (*held)->value;
    if (!finished(value)) co_return fail(errc::not_found, "the recording is not finished; status tells how far it is");
    path = (*held)->files.path() + "/completed/" + value.file_name;
    out.size_bytes = value.size_bytes;
    out.etag = fmt::format("\"{:x}-{:x}\"", value.size_bytes, value.ended_at.time_since_epoch().count());
    out.original_name = value.name;
    out.format = value.format;
    out.media_type = session::media_type_of(value);
    out.finished_at = value.ended_at;
  }
  auto room = co_await files_.take(1, io::deadline{world_.time.now() + limits::open_files_patience});
  if (!room) co_return fail(room.error());
  auto file = co_await dir_.root->handle.open_file(path, io::open_mode::read);
  if (!file && file.error().code == errc::not_found) {
    co_return fail(errc::damaged, "the finished recording cannot be opened: " + file.error().detail);
  }
  if (!file) co_return fail(file.error());
  const auto opened = std::make_shared<open_file>();
  opened->counted = std::move(*room);
  opened->plain = std::move(*file);
  out.file = std::shared_ptr<io::file>{opened, &opened->plain};
  co_return out;
}

io::task<result<void>> file_store::remove(const session::session_id& id) {
  return uninterrupted(remove_now(id));
}

io::task<result<void>> file_store::remove_now(session::session_id id) {
  const auto found = co_await sessions_.find(id);
  if (!found) co_return fail(found.error());
  const std::shared_ptr<session_entry> entry = *found;
  const auto gone_already = [&] {
    const std::lock_guard lock{entry->mutex};
    return session::is_tombstone(entry->value.now);
  };
  {
    const std::lock_guard lock{entry->mutex};
    if (!entry->known) co_return fail(errc::not_found, "there is no such session");
  }
  if (gone_already()) co_return result<void>{};
  const auto alone = co_await core_.begin_exclusive(*entry, true, io::deadline{world_.time.now() + removal_patience});
  if (!alone) co_return alone;
  if (gone_already()) {
    core_.end_exclusive(*entry);
    co_return result<void>{};
  }
  const auto removed = co_await remover_.bury(entry, session::state::cancelled);
  if (removed) world_.count.add(counter::sessions_cancelled);
  core_.end_exclusive(*entry);
  co_return removed;
}

io::task<result<void>> file_store::remove_chunk(const session::session_id& id, chunk_index index) {
  return uninterrupted(remove_chunk_now(id, to_number(index)));
}

io::task<result<void>> file_store::remove_chunk_now(session::session_id id, std::uint32_t index) {
  auto right = co_await write_now(id, index);
  if (!right) co_return fail(right.error());
  const auto held = co_await core_.open(id);
  if (!held) co_return fail(held.error());
  session_entry& entry = **held;
  committer::begun begun;
  session::chunk gone;
  {
    const std::lock_guard lock{entry.mutex};
    const session::chunk* one = entry.value.chunks.find(index);
    if (one == nullptr) co_return fail(errc::not_found, "there is no such chunk in this session");
    if (!session::accepts_bytes(entry.value.now)) {
      co_return fail(errc::state_conflict, "the recording is complete; DELETE the session to remove it");
    }
    if (auto taken = commits_.takes_more(); !taken) co_return taken;
    gone = *one;
    commit_request commit;
    forget_chunk(id, index, commit.rows);
    commit.sync = true;
    // Until the fact is on the disk the chunk is there, for everybody; we hold the right to write to it.
    commit.ended = [entry = held->entry(), &commits = commits_, index, gone](const result<void>& outcome) {
      const std::lock_guard again{entry->mutex};
      if (!outcome) {
        entry->removal_in_doubt = commits.in_doubt();
        return;
      }
      entry->value.chunks.erase(index);
      if (gone.length_bytes) entry->reserved.take(*gone.length_bytes - gone.written_bytes);
      store_core::touch(*entry);
    };
    begun = commits_.begin(std::move(commit));
  }
  const auto committed = co_await commits_.wait(begun);
  entry.changed.notify_all();
  if (!committed || gone.written_bytes == 0) co_return committed;
  if (gone.where.where == session::home::own_file) {
    // Whoever creates the chunk again gets a new file, not the open one that has lost its name.
    const auto removed = co_await entry.files.forget_chunk_file(index, gone.where.generation);
    if (!removed && removed.error().code != errc::not_found) co_return removed;
  } else if (gone.where.where == session::home::segment) {
    const auto segment = co_await entry.files.segment();
    if (!segment) co_return fail(segment.error());
    const auto zeroed = co_await (*segment)->plain.zero(gone.where.offset_bytes, gone.written_bytes);
    if (!zeroed) co_return zeroed;
  }
  co_return result<void>{};
}

io::task<result<session_page>> file_store::list(std::string after, std::uint32_t count_max) {
  session_page page;
  result<void> outcome{};
  co_await io::run_on(background_ring_, [&] {
    const std::string prefix{static_cast<char>(session::fact_kind::session), 'r'};
    std::vector<session::session_id> ids;
    outcome = rows_->scan(prefix, prefix + after, [&](std::string_view key, std::string_view) {
      const auto parsed = session::parse_key(key);
      if (parsed && parsed->id.text() != after) ids.push_back(parsed->id);
      return ids.size() <= count_max;
    });
    if (ids.size() > count_max) {
      ids.pop_back();
      if (!ids.empty()) page.next = ids.back().text();
    }
    for (const auto& id : ids) {
      if (is_in_doubt(sessions_.peek(id))) continue;
      const auto value = load_recording(*rows_, id, core_.era);
      if (!value || !value->has_value()) continue;
      const session::recording& one = **value;
      page.lines.push_back({id, one.now, one.chunks.complete_count(), one.total, one.chunks.promised_bytes(), one.name,
                            one.created_at, one.updated_at()});
    }
  });
  if (!outcome) co_return fail(outcome.error());
  co_return page;
}

}  // namespace wf::store
