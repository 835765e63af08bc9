#include "waveforge/store/store_core.hpp"

#include <algorithm>
#include <cerrno>

#include "waveforge/base/limits.hpp"
#include "waveforge/store/assembler.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

io::task<result<session_hold>> store_core::enter(session::session_id id, purpose what_for, io::deadline until) {
  const auto found = co_await sessions.find(id);
  if (!found) co_return fail(found.error());
  const std::shared_ptr<session_entry> entry = *found;
  for (;;) {
    const std::uint64_t seen = entry->changed.ticket();
    {
      const std::lock_guard lock{entry->mutex};
      const auto usable = entry->usable();
      if (!usable && !(what_for == purpose::make && usable.error().code == errc::not_found))
        co_return fail(usable.error());
      // A finished or assembling session may be looked at while it is exclusive: its numbers do not change any more.
      const bool fixed = what_for != purpose::change && session::is_past_ingest(entry->value.now);
      if (!entry->exclusive || fixed) {
        ++entry->operations;
        entry->used_at = world.time.now();
        co_return session_hold{entry};
      }
    }
    if (co_await entry->changed.wait(seen, until) != 0) {
      co_return fail(errc::locked, "the session is being changed as a whole; try again in a moment");
    }
  }
}

io::task<result<session_hold>> store_core::open(session::session_id id) {
  return enter(std::move(id), purpose::look, io::deadline{world.time.now() + limits::settle_timeout});
}
io::task<result<session_hold>> store_core::open_or_make(session::session_id id) {
  return enter(std::move(id), purpose::make, io::deadline{world.time.now() + limits::settle_timeout});
}
io::task<result<session_hold>> store_core::open_to_change(session::session_id id, io::deadline until) {
  return enter(std::move(id), purpose::change, until);
}

void store_core::displace_writer(const std::shared_ptr<active_writer>& holder) {
  // `body` belongs to the holder's ring: it is looked at there, where it is also taken away.
  holder->ring->post([holder] {
    if (holder->body != nullptr) holder->body->interrupt();
  });
}

committer::begun store_core::begin_promise(const std::shared_ptr<session_entry>& entry, std::uint32_t index) {
  commit_request request;
  const std::lock_guard lock{entry->mutex};
  const session::recording& value = entry->value;
  session::chunk* one = entry->value.chunks.find(index);
  if (one == nullptr) return nullptr;
  const std::uint64_t covered = one->written_bytes;
  const bool completes = one->length_bytes == covered;
  const bool tells_length = one->row_due;
  if (covered == one->promised_bytes && !tells_length) return nullptr;
  const bool vouched = with.level == durability::patch || (with.level == durability::chunk && completes);
  if (tells_length) request.rows.push_back(chunk_row(value.id, index, *one));
  request.rows.push_back(progress_row(value.id, index, *one, covered, vouched, era));
  // Between this answer and the announcement of the assembly the process may die. The next start puts the recording
  // together all the same, though its client, which has its answer, never comes back.
  if (completes && entry->is_whole()) request.rows.push_back(work_row(value.id));
  if (vouched) {
    request.files = entry->files.unsynced_files();
    request.directories = entry->files.unsynced_directories();
    request.sync = true;
  }
  one->promising = true;
  request.ended = [entry, this, index, covered, vouched, completes, tells_length](const result<void>& outcome) {
    bool told = false;
    {
      const std::lock_guard again{entry->mutex};
      if (session::chunk* now = entry->value.chunks.find(index)) {
        told = outcome.has_value();
        now->promising = false;
        if (told) now->promised_bytes = std::max(now->promised_bytes, covered);
        if (told && vouched) now->vouched_bytes = std::max(now->vouched_bytes, covered);
        if (told && tells_length) now->row_due = false;
        touch(*entry);
      }
    }
    if (told && completes) world.count.add(counter::chunks_completed);
    entry->changed.notify_all();
    if (told) assemble_if_ready(entry);
  };
  return commits.begin(std::move(request));
}

io::task<result<void>> store_core::promise(std::shared_ptr<session_entry> entry, std::uint32_t index) {
  const committer::begun begun = begin_promise(entry, index);
  if (!begun) co_return result<void>{};
  const auto committed = co_await commits.wait(begun);
  co_return committed;
}

io::task<result<void>> store_core::settle(std::shared_ptr<session_entry> entry, std::uint32_t index, bool displace,
                                          std::shared_ptr<active_writer> claim, bool may_be_missing) {
  const io::deadline until{world.time.now() + limits::settle_timeout};
  bool tried = false;
  for (;;) {
    const std::uint64_t seen = entry->changed.ticket();
    std::shared_ptr<active_writer> holder;
    bool abandoned = false;
    {
      const std::lock_guard lock{entry->mutex};
      const session::chunk* one = entry->value.chunks.find(index);
      if (one == nullptr && !may_be_missing) co_return fail(errc::not_found, "there is no such chunk in this session");
      if (session::is_past_ingest(entry->value.now)) co_return result<void>{};
      const auto at = entry->writers.find(index);
      if (at == entry->writers.end()) {
        // What is told must be what is accepted next: bytes whose round has not ended are neither.
        if (one == nullptr || (one->written_bytes == one->promised_bytes && one->announced && !one->row_due)) {
          if (claim) entry->writers.emplace(index, std::move(claim));
          co_return result<void>{};
        }
        // Whoever wrote it has gone without his promise. Nobody else will make up for it while clients keep asking.
        abandoned = one->announced && !one->promising;
        if (abandoned && tried) co_return fail(errc::locked, "what is stored cannot be promised yet; try again later");
      } else if (displace && !at->second->displaced) {
        at->second->displaced = true;
        holder = at->second;
      }
    }
    if (abandoned) {
      // One round a chunk at a time, however many ask, and none of them waits longer than for a writer.
      tried = true;
      (void)begin_promise(entry, index);
    }
    if (holder) {
      world.count.add(counter::writers_displaced);
      displace_writer(holder);
    }
    if (co_await entry->changed.wait(seen, until) != 0) {
      co_return fail(errc::locked, "another request still works on this chunk; try again in a moment");
    }
  }
}

io::task<result<void>> store_core::begin_exclusive(session_entry& entry, bool cut, io::deadline until) {
  bool mine = false;
  for (;;) {
    const std::uint64_t seen = entry.changed.ticket();
    std::vector<std::shared_ptr<active_writer>> running;
    {
      const std::lock_guard lock{entry.mutex};
      if (!mine && !entry.exclusive) {
        entry.exclusive = true;
        mine = true;
      }
      if (mine && entry.operations == 0) co_return result<void>{};
      if (cut) {
        for (const auto& [index, holder] : entry.writers) {
          if (!std::exchange(holder->displaced, true)) running.push_back(holder);
        }
        for (const auto& holder : entry.comparing) {
          if (!std::exchange(holder->displaced, true)) running.push_back(holder);
        }
      }
    }
    for (const auto& holder : running) displace_writer(holder);
    if (co_await entry.changed.wait(seen, until) != 0) {
      if (mine) end_exclusive(entry);
      co_return fail(errc::locked, "requests of this session are still running");
    }
  }
}

void store_core::end_exclusive(session_entry& entry) {
  {
    const std::lock_guard lock{entry.mutex};
    entry.exclusive = false;
  }
  entry.changed.notify_all();
}

io::task<result<void>> store_core::vouch_all(const std::shared_ptr<session_entry>& entry) {
  commit_request request;
  struct told {
    std::uint32_t index;
    std::uint64_t bytes;
    bool length;
  };
  std::vector<told> covered;
  std::unique_lock lock{entry->mutex};
  for (const auto& [index, one] : entry->value.chunks.all()) {
    if (one.vouched_bytes == one.written_bytes && !one.row_due) continue;
    if (one.row_due) request.rows.push_back(chunk_row(entry->id(), index, one));
    request.rows.push_back(progress_row(entry->id(), index, one, one.written_bytes, true, era));
    covered.push_back({index, one.written_bytes, one.row_due});
  }
  // What this promises may be all: whoever sent it had no promise, and need not come back.
  const bool becomes_whole = !covered.empty() && session::accepts_bytes(entry->value.now) && entry->is_whole();
  if (becomes_whole) request.rows.push_back(work_row(entry->id()));
  request.files = entry->files.unsynced_files();
  request.directories = entry->files.unsynced_directories();
  const bool clean = covered.empty() && request.files.empty() && request.directories.empty();
  // Where changes are not synced when they are told, a creation without a byte may still have to be.
  if (clean && syncs_changes()) co_return result<void>{};
  request.sync = true;
  request.ended = [entry, covered](const result<void>& outcome) {
    if (!outcome) return;
    {
      const std::lock_guard again{entry->mutex};
      for (const auto& [index, bytes, length] : covered) {
        session::chunk* one = entry->value.chunks.find(index);
        if (one == nullptr) continue;
        one->vouched_bytes = std::max(one->vouched_bytes, bytes);
        one->promised_bytes = std::max(one->promised_bytes, bytes);
        if (length) one->row_due = false;
      }
      touch(*entry);
    }
    entry->changed.notify_all();
  };
  const committer::begun begun = commits.begin(std::move(request));
  lock.unlock();
  const auto committed = co_await commits.wait(begun);
  co_return committed;
}

void store_core::assemble_if_ready(const std::shared_ptr<session_entry>& entry) {
  const std::lock_guard lock{entry->mutex};
  if (entry->value.ready_to_assemble()) assembles->enqueue(entry);
}

}  // namespace wf::store
