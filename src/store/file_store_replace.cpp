#include <fmt/format.h>

#include <algorithm>

#include "waveforge/store/body_transfer.hpp"
#include "waveforge/store/creation.hpp"
#include "waveforge/store/file_copy.hpp"
#include "waveforge/store/file_store.hpp"
#include "waveforge/store/held_body.hpp"
#include "waveforge/store/recording_names.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// Keeps a chunk to one writer, and its body in reach of whoever displaces him, for as long as it lives. Past ingest
/// there are no writers; then it is among those who compare.
class claim_guard {
 public:
  claim_guard(std::shared_ptr<session_entry> entry, std::uint32_t index, std::shared_ptr<active_writer> mine,
              bool writes)
      : entry_(std::move(entry)), index_(index), mine_(std::move(mine)), writes_(writes) {}
  ~claim_guard() {
    mine_->body = nullptr;
    {
      const std::lock_guard lock{entry_->mutex};
      if (writes_) {
        entry_->writers.erase(index_);
      } else {
        std::erase(entry_->comparing, mine_);
      }
    }
    entry_->changed.notify_all();
  }
  claim_guard(const claim_guard&) = delete;
  claim_guard& operator=(const claim_guard&) = delete;

 private:
  std::shared_ptr<session_entry> entry_;
  std::uint32_t index_;
  std::shared_ptr<active_writer> mine_;
  bool writes_;
};

}  // namespace

io::task<result<chunk_view>> file_store::replace(io::worker& on, const create_request& request, io::body_source& body) {
  return uninterrupted(replace_now(on, request, body));
}

io::task<result<chunk_view>> file_store::replace_now(io::worker& on, const create_request& request,
                                                     io::body_source& body) {
  auto held = co_await core_.open_or_make(request.id);
  if (!held) co_return fail(held.error());
  session_entry& entry = **held;
  const std::uint32_t index = to_number(request.index);
  auto mine = std::make_shared<active_writer>();
  mine->ring = &on.ring;
  const auto settled = co_await core_.settle(held->entry(), index, true, mine, true);
  if (!settled) co_return fail(settled.error());
  session::chunk before;
  bool claimed = false;
  bool existed = false;
  {
    const std::lock_guard lock{entry.mutex};
    claimed = entry.writers.contains(index);
    if (const session::chunk* one = entry.value.chunks.find(index)) {
      before = *one;
      existed = true;
    }
    if (!existed && session::is_past_ingest(entry.value.now)) {
      co_return fail(errc::state_conflict, "the recording is complete; a new chunk needs a new session");
    }
    if (!claimed) entry.comparing.push_back(mine);
  }
  const claim_guard guard{held->entry(), index, mine, claimed};
  mine->body = &body;
  {
    const std::lock_guard lock{entry.mutex};
    if (mine->displaced) body.interrupt();  // while there was no body yet to be interrupted
  }
  if (existed && before.complete()) co_return co_await compare_complete(on, *held, index, body);
  if (auto room = space_.room_for(body.remaining().value_or(0)); !room) co_return fail(room.error());
  // The fact that names this file may be on the disk although it could not be told: then the next start finds the chunk
  // complete, and these bytes would have been emptied and never synced.
  if (commits_.failed()) co_return fail(errc::io_failed, "a sync failed earlier; restart after the disk was seen to");

  const std::uint32_t generation = before.where.generation + 1;
  const auto file = co_await entry.files.chunk_file(index, generation, opening::when_there_is_room);
  if (!file) co_return fail(file.error());
  if (auto emptied = co_await (*file)->plain.truncate(0); !emptied) co_return fail(emptied.error());
  std::uint64_t length = 0;
  body_transfer::target into;
  into.files = &entry.files;
  into.file = *file;
  into.end_bytes = request.length_bytes_max;
  body_transfer transfer{
      world_, with_.level, on, body, std::move(into), nullptr, [&length](std::uint64_t bytes) { length += bytes; }};
  const auto received = co_await transfer.run(way::buffered);
  mine->body = nullptr;
  if (!received) {
    // What was there before stays as it was; only the new file goes.
    (void)co_await entry.files.forget_chunk_file(index, generation);
    co_return fail(received.error());
  }
  co_return co_await take_replacement(*held, request, before, generation, length);
}

io::task<result<chunk_view>> file_store::compare_complete(io::worker& on, session_hold& held, std::uint32_t index,
                                                          io::body_source& body) {
  session::chunk now;
  std::uint64_t offset = 0;
  bool finished = false;
  bool moving = false;
  {
    const std::lock_guard lock{held->mutex};
    for (const auto& [at, one] : held->value.chunks.all()) {
      if (at == index) now = one;
      if (at < index) offset += one.length_bytes.value_or(0);
    }
    finished = held->value.now == session::state::assembled;
    moving = session::is_past_ingest(held->value.now);
  }
  std::shared_ptr<open_file> file = std::make_shared<open_file>();
  if (finished) {
    auto recording = co_await open_recording(held->id());
    if (!recording) co_return fail(recording.error());
    file->plain = std::move(*recording->file);
  } else if (moving) {
    auto found = co_await open_while_assembled(*held, index, now.where);
    if (!found) co_return fail(found.error());
    file = std::move(found->file);
    if (!found->in_recording) offset = now.where.offset_bytes;
  } else {
    result<std::shared_ptr<open_file>> opened{};
    if (now.where.where == session::home::segment) {
      opened = co_await held->files.segment(opening::when_there_is_room);
    } else {
      opened = co_await held->files.chunk_file(index, now.where.generation, opening::when_there_is_room);
    }
    if (!opened) co_return fail(opened.error());
    file = *opened;
    offset = now.where.offset_bytes;
  }
  const std::uint64_t length = now.length_bytes.value_or(0);
  std::uint64_t seen = 0;
  const auto same = co_await compare_with_file(on, body, *file, offset, length, &seen);
  if (!same) co_return fail(same.error());
  const auto ended = co_await ends_here(body);
  if (!ended) co_return fail(ended.error());
  if (seen != length || !*ended) {
    co_return fail(errc::content_conflict,
                   fmt::format("chunk {} is complete with {} bytes; these are not the same", index, length));
  }
  const std::lock_guard lock{held->mutex};
  const session::chunk* one = held->value.chunks.find(index);
  if (one == nullptr) co_return fail(errc::not_found, "the chunk was removed meanwhile");
  co_return held->view_chunk(index, *one, with_.expiry());
}

io::task<result<file_store::assembling_file>> file_store::open_while_assembled(session_entry& entry,
                                                                               std::uint32_t index,
                                                                               session::extent where) {
  // In the order in which its bytes move: the segment becomes the recording, or all are copied into it and then
  // removed.
  std::vector<std::string> places;
  if (where.where == session::home::segment) {
    places = {"/chunks/segment", "/completed/" + std::string{temporary_recording_name}};
  } else {
    places = {"/" + session::chunk_file_path(index, where.generation)};
  }
  const std::size_t before_the_end = places.size();
  {
    const std::lock_guard lock{entry.mutex};
    if (!entry.value.file_name.empty()) places.push_back("/completed/" + entry.value.file_name);
  }
  for (std::size_t at = 0; at < places.size(); ++at) {
    auto opened = co_await dir_.root->handle.open_file(entry.files.path() + places[at], io::open_mode::read);
    if (opened) {
      assembling_file found{std::make_shared<open_file>(), at >= before_the_end};
      found.file->plain = std::move(*opened);
      co_return found;
    }
    if (opened.error().code != errc::not_found) co_return fail(opened.error());
  }
  co_return fail(errc::locked, "the recording is being put together; try again in a moment");
}

io::task<result<chunk_view>> file_store::take_replacement(session_hold& held, const create_request& request,
                                                          session::chunk before, std::uint32_t generation,
                                                          std::uint64_t length) {
  session_entry& entry = *held;
  const std::uint32_t index = to_number(request.index);
  committer::begun begun;
  session::chunk after = before;
  session::extent home;
  bool existed = false;
  result<void> agrees{};
  {
    const std::lock_guard lock{entry.mutex};
    auto& value = entry.value;
    // An `assemble` with fewer chunks may have dropped it since the body began.
    existed = value.chunks.find(index) != nullptr;
    agrees = check_creation(value, request, existed);
    if (agrees && !existed && session::is_past_ingest(value.now)) {
      agrees = fail(errc::state_conflict, "the recording is complete; a new chunk needs a new session");
    }
    if (agrees) {
      commit_request commit;
      bool changed = take_creation(value, request, world_.time.utc_now(), !entry.known, with_.place);
      const auto placed =
          session::place_chunk(value.layout, value.chunks, index, length, value.chunk_size_bytes, value.total);
      home = placed.where;
      changed = changed || placed.after != value.layout;
      value.layout = placed.after;
      if (!existed) {
        after.created_at = world_.time.utc_now();
        after.metadata = request.metadata;
      }
      after.length_bytes = length;
      after.written_bytes = after.promised_bytes = after.vouched_bytes = length;
      after.where = {session::home::own_file, 0, generation};
      after.touched_at = world_.time.utc_now();
      after.announced = true;
      if (changed) ++entry.row_changes;
      if (entry.row_is_due()) commit.rows.push_back(session_row(value));
      commit.rows.push_back(chunk_row(value.id, index, after));
      commit.rows.push_back(progress_row(value.id, index, after, length, true, core_.era));
      entry.known = true;
      if (entry.row_recorded == 0) add_expiry_row(value, with_.expiry(), commit.rows);
      entry.replacing.insert(index);
      if (entry.is_whole()) commit.rows.push_back(work_row(value.id));
      commit.files = entry.files.unsynced_files();
      commit.directories = entry.files.unsynced_directories();
      commit.sync = true;  // before the old bytes go, at every level
      const std::uint64_t owed = before.length_bytes ? *before.length_bytes - before.written_bytes : 0;
      commit.ended = [entry = held.entry(), index, after, owed, row = entry.row_changes](const result<void>& outcome) {
        {
          const std::lock_guard again{entry->mutex};
          entry->replacing.erase(index);
          if (!outcome) return;
          entry->value.chunks.add(index, after);
          entry->row_recorded = std::max(entry->row_recorded, row);
          entry->reserved.take(owed);
          store_core::touch(*entry);
        }
        entry->changed.notify_all();
      };
      begun = commits_.begin(std::move(commit));
    }
  }
  if (!agrees) {
    (void)co_await entry.files.forget_chunk_file(index, generation);
    co_return fail(agrees.error());
  }
  const auto committed = co_await commits_.wait(begun);
  if (!committed) co_return fail(committed.error());
  if (!existed) world_.count.add(counter::chunks_created);
  world_.count.add(counter::chunks_completed);
  if (existed && before.where.where == session::home::own_file) {
    (void)co_await entry.files.forget_chunk_file(index, before.where.generation);
  }
  if (home.where == session::home::segment && length > 0) {
    const auto moved = co_await move_into_segment(held, index, after, home);
    // The chunk is safe where it is; the recording is then put together from files.
    if (!moved)
      world_.log.warn("a replaced chunk stays in its own file", {{"reason", std::string_view{moved.error().detail}}});
  }
  core_.assemble_if_ready(held.entry());
  const std::lock_guard lock{entry.mutex};
  co_return entry.view_chunk(index, after, with_.expiry());
}

io::task<result<void>> file_store::move_into_segment(session_hold& held, std::uint32_t index, session::chunk one,
                                                     session::extent home) {
  session_entry& entry = *held;
  const std::uint32_t generation = one.where.generation;
  const auto from = co_await entry.files.chunk_file(index, generation);
  if (!from) co_return fail(from.error());
  const auto into = co_await entry.files.segment();
  if (!into) co_return fail(into.error());
  const std::uint64_t length = one.length_bytes.value_or(0);
  const auto reserved = co_await entry.files.reserve(**into, home.offset_bytes, length, home.offset_bytes + length);
  if (!reserved) co_return reserved;
  const auto copied = co_await copy_file((*from)->plain, 0, length, (*into)->plain, home.offset_bytes);
  if (!copied) co_return copied;
  (*into)->dirty.store(true, std::memory_order_release);
  one.where = home;
  commit_request commit;
  commit.rows = {chunk_row(entry.id(), index, one)};
  commit.files = {*into};
  commit.directories = entry.files.unsynced_directories();
  commit.sync = true;
  commit.ended = [entry = held.entry(), index, home](const result<void>& outcome) {
    if (!outcome) return;
    const std::lock_guard lock{entry->mutex};
    if (session::chunk* now = entry->value.chunks.find(index)) now->where = home;
  };
  const auto committed = co_await commits_.commit(std::move(commit));
  if (!committed) co_return committed;
  const auto removed = co_await entry.files.forget_chunk_file(index, generation);
  co_return removed;
}

io::task<result<std::unique_ptr<io::body_source>>> file_store::hold(io::worker& on, io::body_source& body,
                                                                    std::uint64_t bytes_max) {
  const auto made = co_await dir_.root->handle.make_directory(".pending");
  if (!made) co_return fail(made.error());
  const auto pending = co_await dir_.root->handle.open_directory(".pending");
  if (!pending) co_return fail(pending.error());
  std::array<std::byte, 16> random{};
  world_.random.fill(random);
  const std::string name{session::session_id::make_upload(random).text()};
  auto held = co_await hold_body(on, body, bytes_max, *pending, name);
  co_return held;
}

}  // namespace wf::store
