#include "waveforge/store/joiner.hpp"

#include <algorithm>

#include "waveforge/base/limits.hpp"
#include "waveforge/store/file_copy.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// How long a part that is complete may take to become a file of its own.
constexpr auto part_patience = std::chrono::seconds{30};
constexpr std::string_view final_prefix{"final;"};

}  // namespace

bool is_final(std::string_view concat) noexcept {
  return concat.starts_with(final_prefix);
}

std::vector<session::session_id> parts_of_final(std::string_view concat) {
  std::vector<session::session_id> parts;
  concat.remove_prefix(std::min(concat.size(), final_prefix.size()));
  while (!concat.empty()) {
    const std::string_view url = concat.substr(0, concat.find(' '));
    concat.remove_prefix(std::min(concat.size(), url.size() + 1));
    if (url.empty()) continue;
    const auto id = session::session_id::parse_upload(url.substr(url.rfind('/') + 1));
    if (!id) return {};
    parts.push_back(*id);
  }
  return parts;
}

joiner::joiner(store_core& core, io::ring_context& ring, io::pipe_pool& pipes)
    : core_(core), ring_(ring), pipes_(pipes), work_(ring) {}

joiner::~joiner() = default;

io::task<void> joiner::close() {
  co_await work_.close();
}

io::task<result<joiner::parts_seen>> joiner::look_at(std::vector<session::session_id> parts) {
  parts_seen seen;
  seen.length_bytes = 0;
  for (const auto& part : parts) {
    const auto held = co_await core_.open(part);
    if (!held) co_return fail(held.error());
    const std::lock_guard lock{(*held)->mutex};
    const session::chunk* found = (*held)->value.chunks.find(0);
    if (found == nullptr) co_return fail(errc::not_found, "an upload of the list is not there");
    if (found->concat != "partial") co_return fail(errc::bad_request, "an upload of the list is not a partial one");
    const chunk_view one = (*held)->view_chunk(0, *found, core_.with.expiry());
    seen.complete = seen.complete && one.complete();
    seen.known_bytes += one.length_bytes.value_or(one.offset_bytes);
    seen.with_bytes += one.length_bytes == 0U ? 0U : 1U;
    if (!one.length_bytes) seen.length_bytes = std::nullopt;
    if (seen.length_bytes) *seen.length_bytes += *one.length_bytes;
  }
  co_return seen;
}

io::task<result<void>> joiner::join(session::session_id id, io::deadline until) {
  const std::shared_ptr<attempt> one = begin(id);
  for (;;) {
    const std::uint64_t seen = one->ended.ticket();
    {
      const std::lock_guard lock{mutex_};
      if (one->outcome) co_return *one->outcome;
    }
    if (co_await one->ended.wait(seen, until) != 0) {
      co_return fail(errc::timed_out, "the upload is still being put together");
    }
  }
}

std::shared_ptr<joiner::attempt> joiner::begin(const session::session_id& id) {
  const std::lock_guard lock{mutex_};
  std::shared_ptr<attempt>& one = running_[id];
  if (one) return one;
  one = std::make_shared<attempt>();
  ring_.post([this, id, one = one] {
    if (!work_.spawn(run(id, one))) end(id, *one, fail(errc::unavailable, "the server is stopping"));
  });
  return one;
}

void joiner::end(const session::session_id& id, attempt& one, result<void> outcome) {
  {
    const std::lock_guard lock{mutex_};
    one.outcome = std::move(outcome);
    running_.erase(id);
  }
  one.ended.notify_all();
}

io::task<void> joiner::run(session::session_id id, std::shared_ptr<attempt> one) {
  auto outcome = co_await make(id);
  end(id, *one, std::move(outcome));
}

io::task<result<void>> joiner::make(session::session_id id) {
  const auto held = co_await core_.open(id);
  if (!held) co_return fail(held.error());
  id_list parts;
  {
    const std::lock_guard lock{(*held)->mutex};
    const session::chunk* one = (*held)->value.chunks.find(0);
    if (one == nullptr) co_return fail(errc::not_found, "there is no such upload");
    if (one->complete()) co_return result<void>{};
    parts = parts_of_final(one->concat);
  }
  if (parts.empty()) co_return fail(errc::bad_request, "the list of the upload names no part");
  const auto seen = co_await look_at(parts);
  if (!seen) co_return fail(seen.error());
  if (!seen->complete) co_return result<void>{};
  const auto brought = co_await bring_together(**held, parts, *seen);
  if (!brought) co_return brought;
  const auto recorded = co_await record(held->entry(), seen->known_bytes);
  co_return recorded;
}

io::task<result<void>> joiner::bring_together(session_entry& entry, const id_list& parts, parts_seen seen) {
  // An earlier run may have left part of the bytes, or another name of somebody else's: nothing is written into that.
  if (auto anew = co_await entry.files.forget_segment(); !anew) co_return anew;
  if (seen.with_bytes == 0) co_return result<void>{};
  if (seen.with_bytes == 1) {
    const auto adopted = co_await adopt(entry, parts);
    if (adopted || adopted.error().code != errc::io_failed) co_return adopted;
    // A file system that keeps one name a file.
    if (auto anew = co_await entry.files.forget_segment(); !anew) co_return anew;
  }
  const auto copied = co_await copy(entry, parts);
  // As with an assembly: what could not be brought whole keeps no room.
  if (!copied && copied.error().code == errc::no_space) (void)co_await entry.files.forget_segment();
  co_return copied;
}

io::task<result<void>> joiner::adopt(session_entry& entry, const id_list& parts) {
  for (const auto& part : parts) {
    session_hold held;
    const auto file = co_await await_file(part, held);
    if (!file) co_return fail(file.error());
    if (file->size_bytes == 0) continue;
    const auto linked = co_await entry.files.link_segment(file->path);
    co_return linked;
  }
  co_return fail(errc::damaged, "the part that had all the bytes has none");
}

io::task<result<void>> joiner::copy(session_entry& entry, const id_list& parts) {
  const auto segment = co_await entry.files.segment();
  if (!segment) co_return fail(segment.error());
  const auto wanted = [this, &entry] {
    const std::lock_guard lock{entry.mutex};
    return !entry.exclusive && !work_.closed();
  };
  std::uint64_t begin = 0;
  for (const auto& part : parts) {
    session_hold held;
    const auto where = co_await await_file(part, held);
    if (!where) co_return fail(where.error());
    if (where->size_bytes == 0) continue;
    auto from = co_await core_.root->handle.open_file(where->path, io::open_mode::read);
    if (!from) co_return fail(from.error());
    // Open, it can be read to its end, though the part is removed meanwhile.
    held.release();
    (*segment)->dirty.store(true, std::memory_order_release);
    const byte_move what{0, where->size_bytes, begin};
    const auto brought = co_await bring_bytes(*from, what, (*segment)->plain, pipes_, wanted);
    if (!brought) co_return brought;
    begin += where->size_bytes;
  }
  (*segment)->dirty.store(true, std::memory_order_release);
  co_return result<void>{};
}

io::task<result<joiner::finished_part>> joiner::await_file(session::session_id part, session_hold& held) {
  const io::deadline until = ring_.after(part_patience);
  for (;;) {
    auto opened = co_await core_.open(part);
    if (!opened) co_return fail(opened.error());
    const std::shared_ptr<session_entry> entry = opened->entry();
    const std::uint64_t seen = entry->changed.ticket();
    {
      const std::lock_guard lock{entry->mutex};
      const auto& value = entry->value;
      if (value.now == session::state::assembled) {
        held = std::move(*opened);
        co_return finished_part{entry->files.path() + "/completed/" + value.file_name, value.size_bytes};
      }
    }
    opened->release();  // it is put together when nobody works on it
    core_.assemble_if_ready(entry);
    if (co_await entry->changed.wait(seen, until) != 0) {
      co_return fail(errc::timed_out, "an upload of the list is not put together yet");
    }
  }
}

io::task<result<void>> joiner::record(const std::shared_ptr<session_entry>& entry, std::uint64_t total_bytes) {
  committer::begun begun;
  {
    const std::lock_guard lock{entry->mutex};
    const session::chunk* one = entry->value.chunks.find(0);
    if (one == nullptr) co_return fail(errc::cancelled, "the upload was removed while it was put together");
    commit_request commit;
    session::chunk after = *one;
    after.length_bytes = total_bytes;
    // The only chunk of its recording is the segment, whatever the layout of others.
    after.where = {session::home::segment, 0, 0};
    after.written_bytes = after.promised_bytes = after.vouched_bytes = total_bytes;
    after.touched_at = core_.world.time.utc_now();
    commit.rows = {chunk_row(entry->id(), 0, after), progress_row(entry->id(), 0, after, total_bytes, true, core_.era)};
    commit.files = entry->files.unsynced_files();
    commit.directories = entry->files.unsynced_directories();
    commit.sync = true;
    commit.ended = [entry, after](const result<void>& outcome) {
      if (!outcome) return;
      {
        const std::lock_guard again{entry->mutex};
        entry->value.chunks.add(0, after);
        entry->reserved.clear();
        store_core::touch(*entry);
      }
      entry->changed.notify_all();
    };
    begun = core_.commits.begin(std::move(commit));
  }
  const auto committed = co_await core_.commits.wait(begun);
  if (committed) core_.assemble_if_ready(entry);
  co_return committed;
}

}  // namespace wf::store
