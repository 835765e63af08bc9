#include <fmt/format.h>

#include <algorithm>

#include "waveforge/store/creation.hpp"
#include "waveforge/store/file_store.hpp"
#include "waveforge/store/file_writer.hpp"
#include "waveforge/store/joiner.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// Makes the chunk; the rows that say so. The entry's mutex is held.
std::vector<fact_write> add_chunk(session_entry& entry, const create_request& request, utc_time now, bool fresh,
                                  const options& with) {
  session::recording& value = entry.value;
  const std::uint32_t index = to_number(request.index);
  bool changed = take_creation(value, request, now, fresh, with.place);
  const auto placed = session::place_chunk(value.layout, value.chunks, index, request.length_bytes,
                                           value.chunk_size_bytes, value.total);
  changed = changed || placed.after != value.layout;
  value.layout = placed.after;
  session::chunk one;
  one.length_bytes = request.length_bytes;
  one.length_bytes_max = request.length_bytes_max;
  one.where = placed.where;
  one.created_at = now;
  one.touched_at = now;
  one.metadata = request.metadata;
  one.concat = request.concat;
  std::vector<fact_write> rows;
  if (changed) ++entry.row_changes;
  if (entry.row_is_due()) rows.push_back(session_row(value));
  rows.push_back(chunk_row(value.id, index, value.chunks.add(index, std::move(one))));
  if (entry.row_recorded == 0) add_expiry_row(value, with.expiry(), rows);
  // Whoever starts next joins what could not be joined before, and puts together what is whole with this.
  if (is_final(request.concat) || entry.is_whole()) rows.push_back(work_row(value.id));
  return rows;
}

/// A creation that could not be recorded did not happen.
auto announces(const std::shared_ptr<session_entry>& entry, std::uint32_t index, std::uint64_t row,
               std::uint64_t owed_bytes) {
  return [entry, index, row, owed_bytes](const result<void>& outcome) {
    {
      const std::lock_guard lock{entry->mutex};
      if (outcome) entry->row_recorded = std::max(entry->row_recorded, row);
      if (!outcome) {
        if (entry->value.chunks.find(index) != nullptr) entry->reserved.take(owed_bytes);
        entry->value.chunks.erase(index);
      }
      if (session::chunk* one = entry->value.chunks.find(index)) one->announced = true;
      store_core::touch(*entry);
    }
    entry->changed.notify_all();
  };
}

/// A whole chunk that is being sent is among the chunks only when its round has ended. A row that creates the chunk
/// meanwhile would be written after that one's, and the next start would look for the bytes in another file. The
/// entry's mutex is held.
bool is_being_sent(const session_entry& entry, std::uint32_t index) {
  return entry.value.chunks.find(index) == nullptr && entry.writers.contains(index);
}

}  // namespace

io::task<result<created_chunk>> file_store::create(const create_request& request) {
  return uninterrupted(create_now(request));
}

io::task<result<created_chunk>> file_store::create_now(const create_request& request) {
  auto held = co_await core_.open_or_make(request.id);
  if (!held) co_return fail(held.error());
  session_entry& entry = **held;
  const std::uint32_t index = to_number(request.index);
  const std::uint64_t owed = request.room_bytes.value_or(request.length_bytes.value_or(0));
  bool wait = false;
  {
    const std::lock_guard lock{entry.mutex};
    wait = is_being_sent(entry, index);
  }
  if (wait) {
    const auto settled = co_await core_.settle(held->entry(), index, true, nullptr, true);
    if (!settled) co_return fail(settled.error());
  }
  committer::begun begun;
  bool new_session = false;
  {
    const std::lock_guard lock{entry.mutex};
    auto& value = entry.value;
    const bool existed = value.chunks.find(index) != nullptr;
    if (!existed && session::is_past_ingest(value.now)) {
      co_return fail(errc::state_conflict, "the recording is complete; a new chunk needs a new session");
    }
    if (auto agrees = check_creation(value, request, existed); !agrees) co_return fail(agrees.error());
    if (is_being_sent(entry, index)) {
      co_return fail(errc::locked, "another request still works on this chunk; try again in a moment");
    }
    if (!existed) {
      if (auto room = space_.room_to_create(owed); !room) co_return fail(room.error());
      new_session = !entry.known;
      commit_request commit;
      commit.rows = add_chunk(entry, request, world_.time.utc_now(), new_session, with_);
      commit.sync = core_.syncs_changes();
      commit.ended = announces(held->entry(), index, entry.row_changes, owed);
      entry.known = true;
      entry.reserved.add(space_, owed);
      store_core::touch(entry);
      begun = commits_.begin(std::move(commit));
    }
  }
  if (!begun) co_return co_await find_again(std::move(*held), request);
  const auto committed = co_await commits_.wait(begun);
  if (!committed) co_return fail(committed.error());
  world_.count.add(counter::chunks_created);
  if (new_session) world_.count.add(counter::sessions_created);
  core_.assemble_if_ready(held->entry());
  const std::lock_guard lock{entry.mutex};
  const session::chunk* one = entry.value.chunks.find(index);
  if (one == nullptr) co_return fail(errc::cancelled, "the chunk was removed while it was created");
  co_return created_chunk{entry.view_chunk(index, *one, with_.expiry()), false};
}

io::task<result<created_chunk>> file_store::find_again(session_hold held, const create_request& request) {
  session_entry& entry = *held;
  const std::uint32_t index = to_number(request.index);
  const auto settled = co_await core_.settle(held.entry(), index, true, nullptr);
  if (!settled) co_return fail(settled.error());
  committer::begun begun;
  {
    const std::lock_guard lock{entry.mutex};
    const session::chunk* one = entry.value.chunks.find(index);
    if (one == nullptr) co_return fail(errc::not_found, "the chunk was removed meanwhile");
    const bool deferred_again = !request.length_bytes.has_value();
    if (one->length_bytes != request.length_bytes && !deferred_again) {
      co_return fail(errc::length_conflict,
                     one->length_bytes
                         ? fmt::format("chunk {} was created with the length {}", index, *one->length_bytes)
                         : fmt::format("chunk {} was created with a deferred length", index));
    }
    // Of a repeated creation only a total that was not known yet is news.
    create_request news;
    news.hints.total_chunks = request.hints.total_chunks;
    const bool open = session::accepts_bytes(entry.value.now);
    if (open && take_creation(entry.value, news, {}, false, with_.place)) {
      ++entry.row_changes;
      store_core::touch(entry);
    }
    // Past ingest the row is the assembler's: this one would be written behind its own.
    if (open && entry.row_is_due()) {
      commit_request commit;
      commit.rows = {session_row(entry.value)};
      if (entry.is_whole()) commit.rows.push_back(work_row(entry.id()));
      commit.sync = core_.syncs_changes();
      commit.ended = [entry = held.entry(), row = entry.row_changes](const result<void>& outcome) {
        const std::lock_guard again{entry->mutex};
        if (outcome) entry->row_recorded = std::max(entry->row_recorded, row);
      };
      begun = commits_.begin(std::move(commit));
    }
  }
  if (begun) {
    const auto committed = co_await commits_.wait(begun);
    if (!committed) co_return fail(committed.error());
    entry.changed.notify_all();
    core_.assemble_if_ready(held.entry());
  }
  const std::lock_guard lock{entry.mutex};
  const session::chunk* one = entry.value.chunks.find(index);
  if (one == nullptr) co_return fail(errc::not_found, "the chunk was removed meanwhile");
  co_return created_chunk{entry.view_chunk(index, *one, with_.expiry()), true};
}

io::task<result<std::unique_ptr<writer>>> file_store::write(const session::session_id& id, chunk_index index) {
  return uninterrupted(write_now(id, to_number(index)));
}

io::task<result<std::unique_ptr<writer>>> file_store::write_now(session::session_id id, std::uint32_t index) {
  auto held = co_await core_.open(id);
  if (!held) co_return fail(held.error());
  auto mine = std::make_shared<active_writer>();
  mine->ring = co_await io::this_ring();
  const auto settled = co_await core_.settle(held->entry(), index, true, mine);
  if (!settled) co_return fail(settled.error());
  {
    const std::lock_guard lock{(*held)->mutex};
    if (!(*held)->writers.contains(index)) mine.reset();  // past ingest: there is nothing to write to
  }
  co_return std::make_unique<file_writer>(core_, std::move(*held), index, std::move(mine));
}

io::task<result<chunk_view>> file_store::settle(const session::session_id& id, chunk_index index) {
  return uninterrupted(settle_joined(id, to_number(index)));
}

io::task<result<chunk_view>> file_store::settle_joined(session::session_id id, std::uint32_t index) {
  auto settled = co_await settle_now(id, index);
  if (!settled || settled->concat.empty()) co_return settled;
  auto joined = co_await join_if_possible(std::move(*settled), id);
  co_return joined;
}

io::task<result<chunk_view>> file_store::settle_now(session::session_id id, std::uint32_t index) {
  auto held = co_await core_.open(id);
  if (!held) {
    if (held.error().code == errc::damaged) co_return fail(errc::locked, held.error().detail);
    co_return fail(held.error());
  }
  const auto settled = co_await core_.settle(held->entry(), index, true, nullptr);
  if (!settled) co_return fail(settled.error());
  const std::lock_guard lock{(*held)->mutex};
  const session::chunk* one = (*held)->value.chunks.find(index);
  if (one == nullptr) co_return fail(errc::not_found, "there is no such chunk in this session");
  co_return (*held)->view_chunk(index, *one, with_.expiry());
}

}  // namespace wf::store
