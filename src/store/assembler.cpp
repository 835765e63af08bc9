#include "waveforge/store/assembler.hpp"

#include <chrono>

#include "presence.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/session/manifest.hpp"
#include "waveforge/store/recording_digest.hpp"
#include "waveforge/store/recording_names.hpp"
#include "waveforge/store/remover.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// A session that is ready has only short requests left, and perhaps somebody who sends bytes again that are there: he
/// is cut when he has had as long as the others. One that still will not let go is tried again behind the others.
constexpr auto exclusive_patience = std::chrono::seconds{5};

/// It may have lost a chunk since it was queued; then whoever sends that one is not to be cut.
bool is_wanted(const session::recording& value) {
  const auto now = value.now;
  return value.total && value.chunks.all_complete(*value.total) &&
         (now == session::state::sealed || now == session::state::assembling || now == session::state::failed);
}

bool is_wanted(session_entry& entry) {
  const std::lock_guard lock{entry.mutex};
  return is_wanted(entry.value);
}

}  // namespace

assembler::assembler(store_core& core, io::ring_context& ring, io::pipe_pool& pipes)
    : core_(core), ring_(ring), pipes_(pipes) {}

assembler::~assembler() = default;

void assembler::enqueue(const std::shared_ptr<session_entry>& entry) {
  if (entry->assembling_queued) return;
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return;  // it is found again at the next start
    if (queue_.size() >= core_.with.assemblies_queued_max) {
      left_out_.store(true, std::memory_order_release);
      return;
    }
    queue_.push_back(entry);
  }
  entry->assembling_queued = true;
  core_.world.count.shift(gauge::assemblies_waiting, 1);
  arrived_.notify_all();
}

std::size_t assembler::waiting() const {
  const std::lock_guard lock{mutex_};
  return queue_.size();
}

bool assembler::takes_more() const {
  return waiting() <= core_.with.assemblies_queued_max / 2;
}

void assembler::stop() noexcept {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  arrived_.notify_all();
}

io::task<void> assembler::run() {
  // Ended by stop() alone: a lane that was given up in the middle of a step would be resumed by nobody.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  io::task_scope lanes{ring_};
  for (unsigned i = 0; i < limits::assemblies_running_max; ++i) {
    if (!lanes.spawn(lane())) break;
  }
  (void)co_await lanes.join(io::deadline::never());
}

io::task<void> assembler::lane() {
  for (;;) {
    const std::uint64_t seen = arrived_.ticket();
    std::shared_ptr<session_entry> next;
    {
      const std::lock_guard lock{mutex_};
      if (stopping_) break;
      if (!queue_.empty()) {
        next = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (next) {
      core_.world.count.shift(gauge::assemblies_waiting, -1);
      co_await assemble(std::move(next));
    } else {
      (void)co_await arrived_.wait(seen, io::deadline::never());
    }
  }
}

io::task<void> assembler::assemble(std::shared_ptr<session_entry> entry) {
  auto alone = co_await core_.begin_exclusive(*entry, false, ring_.after(exclusive_patience));
  if (!alone && is_wanted(*entry)) {
    alone = co_await core_.begin_exclusive(*entry, true, ring_.after(exclusive_patience));
  }
  if (!alone) {
    const std::lock_guard lock{entry->mutex};
    entry->assembling_queued = false;
    if (is_wanted(entry->value)) enqueue(entry);  // else whoever makes it ready again brings it back
    co_return;
  }
  const steady_time began = core_.world.time.now();
  if (!is_wanted(*entry)) {
    failed_.forget(entry->id());
  } else {
    auto made = co_await make(entry);
    // Each step can be taken again. The ballast is for this: what is finished frees what it was made of.
    if (!made && made.error().code == errc::no_space) {
      const bool freed = co_await core_.spare.give_up();
      if (freed) made = co_await make(entry);
    }
    if (made) failed_.forget(entry->id());
    if (!made) note_failure(entry, made.error());
    core_.world.count.observe(timing::assembly, std::chrono::duration<double>(core_.world.time.now() - began).count());
  }
  {
    const std::lock_guard lock{entry->mutex};
    entry->assembling_queued = false;
    entry->finishing = false;
    // It may have become so since it was found not to be wanted, and was taken for queued.
    if (entry->value.ready_to_assemble()) enqueue(entry);
  }
  core_.end_exclusive(*entry);
}

io::task<result<void>> assembler::make(const std::shared_ptr<session_entry>& entry) {
  // From here on the facts say that every byte is on stable storage; a resumed assembly never finds less.
  if (auto vouched = co_await core_.vouch_all(entry); !vouched) co_return vouched;
  session::assembly_plan plan;
  {
    const std::lock_guard lock{entry->mutex};
    plan = session::plan_assembly(entry->value.chunks, *entry->value.total);
  }
  const auto completed = co_await entry->files.directory("completed");
  if (!completed) co_return fail(completed.error());
  if (auto announced = co_await announce(entry, plan); !announced) co_return announced;
  if (auto together = co_await bring_together(*entry, plan, **completed); !together) co_return together;
  if (auto summed = co_await compute_digest(*entry, **completed); !summed) co_return summed;
  if (auto written = co_await write_manifest(*entry, **completed); !written) co_return written;
  if (auto placed = co_await put_in_place(*entry, **completed); !placed) co_return placed;
  if (auto finished = co_await finish(entry, plan.size_bytes); !finished) co_return finished;
  // The recording is there, whatever becomes of this.
  (void)co_await clear_up(entry);
  co_return result<void>{};
}

io::task<result<void>> assembler::announce(const std::shared_ptr<session_entry>& entry,
                                           const session::assembly_plan& plan) {
  commit_request request;
  // completed/ must not be able to vanish once the segment has been moved into it.
  request.directories = entry->files.unsynced_directories();
  request.sync = true;
  committer::begun begun;
  {
    const std::lock_guard lock{entry->mutex};
    auto& value = entry->value;
    value.now = session::state::assembling;
    value.failure.clear();
    value.plan = static_cast<std::uint8_t>(plan.kind);
    if (value.file_name.empty()) value.file_name = session::recording_file_name(value.format, value.name);
    if (value.ended_at == utc_time{}) value.ended_at = core_.world.time.utc_now();
    value.size_bytes = plan.size_bytes;
    entry->assembly_progress = 0;
    request.rows = {session_row(value), work_row(value.id)};
    store_core::touch(*entry);
    // Under the lock: from now on names may come, and their rows must be behind this one.
    begun = core_.commits.begin(std::move(request));
  }
  entry->changed.notify_all();
  const auto committed = co_await core_.commits.wait(begun);
  co_return committed;
}

io::task<result<void>> assembler::write_manifest(session_entry& entry, const open_directory& completed) {
  std::string text;
  {
    const std::lock_guard lock{entry.mutex};
    text = session::write_manifest(entry.value, name_of(core_.with.level), core_.with.version);
    entry.manifest_due = false;
  }
  auto file = co_await completed.handle.open_file(temporary_manifest_name, io::open_mode::create_empty);
  if (!file) co_return fail(file.error());
  const auto owner = std::make_shared<std::string>(std::move(text));
  const auto written = co_await file->write_all(std::as_bytes(std::span{*owner}), 0, owner);
  if (!written) co_return written;
  const auto synced = co_await core_.commits.sync_apart(*file);
  co_return synced;
}

io::task<result<void>> assembler::compute_digest(session_entry& entry, const open_directory& completed) {
  if (core_.with.digest == digest_kind::none) co_return result<void>{};
  std::vector<std::uint64_t> lengths;
  {
    const std::lock_guard lock{entry.mutex};
    for (const auto& [index, one] : entry.value.chunks.all()) {
      if (index >= entry.value.total) break;  // not part of the recording, whatever left it there
      lengths.push_back(one.length_bytes.value_or(0));
    }
  }
  auto file = co_await completed.handle.open_file(temporary_recording_name, io::open_mode::read);
  if (!file) file = co_await completed.handle.open_file(entry.value.file_name, io::open_mode::read);
  if (!file) co_return fail(file.error());
  auto sums = co_await digest_recording(*file, std::move(lengths), core_.with.digest);
  if (!sums) co_return fail(sums.error());
  const std::lock_guard lock{entry.mutex};
  entry.value.sha256 = sums->sha256;
  std::size_t next = 0;
  for (auto& [index, one] : entry.value.chunks.all()) {
    if (next < sums->crc32c.size()) one.crc32c = sums->crc32c[next++];
  }
  co_return result<void>{};
}

io::task<result<void>> assembler::put_in_place(session_entry& entry, const open_directory& completed) {
  const auto manifest = co_await completed.handle.rename(temporary_manifest_name, completed.handle, manifest_name);
  if (!manifest) co_return manifest;
  const auto waiting = co_await is_there(completed.handle, temporary_recording_name);
  if (!waiting) co_return fail(waiting.error());
  if (*waiting) {
    const auto renamed =
        co_await completed.handle.rename(temporary_recording_name, completed.handle, entry.value.file_name);
    if (!renamed) co_return renamed;
  }
  co_return result<void>{};
}

io::task<result<void>> assembler::finish(const std::shared_ptr<session_entry>& entry, std::uint64_t size_bytes) {
  commit_request request;
  const auto completed = co_await entry->files.directory("completed");
  if (!completed) co_return fail(completed.error());
  (*completed)->dirty.store(true, std::memory_order_release);
  request.directories = entry->files.unsynced_directories();
  session::recording finished;
  std::uint64_t row = 0;
  {
    const std::lock_guard lock{entry->mutex};
    finished = entry->value;
    row = entry->row_changes;
    entry->finishing = true;
  }
  finished.now = session::state::assembled;
  finished.size_bytes = size_bytes;
  finished.plan = 0;
  request.rows = {session_row(finished)};
  for (const auto& [index, one] : finished.chunks.all()) {
    if (one.crc32c) request.rows.push_back(chunk_row(finished.id, index, one));
  }
  add_expiry_row(finished, core_.with.expiry(), request.rows);
  request.sync = true;
  request.ended = [entry, size_bytes, row](const result<void>& outcome) {
    if (!outcome) return;
    {
      const std::lock_guard lock{entry->mutex};
      entry->row_recorded = std::max(entry->row_recorded, row);
      entry->value.now = session::state::assembled;
      entry->value.size_bytes = size_bytes;
      entry->value.plan = 0;
      store_core::touch(*entry);
    }
    entry->changed.notify_all();
  };
  const auto committed = co_await core_.commits.commit(std::move(request));
  if (committed) {
    core_.world.count.add(counter::sessions_assembled);
  } else {
    const std::lock_guard lock{entry->mutex};
    entry->finishing = false;
  }
  co_return committed;
}

io::task<result<void>> assembler::clear_up(const std::shared_ptr<session_entry>& entry) {
  const auto home = co_await entry->files.directory("");
  if (!home) co_return fail(home.error());
  entry->files.close();
  // First what gives room back.
  const bool removed = co_await remove_chunks(*entry, **home);
  bool due = false;
  {
    const std::lock_guard lock{entry->mutex};
    due = entry->manifest_due;
  }
  result<void> written{};
  if (due) written = co_await rewrite_manifest(*entry);
  entry->files.close();  // a finished session has no further use for its directories
  if (!written) {
    core_.world.log.warn("recording.meta does not say what came late yet",
                         {{"session", entry->id().text()}, {"reason", std::string_view{written.error().detail}}});
  }
  if (!removed || !written) co_return written;
  // A crash must not bring the names back when nobody remembers that they are to go.
  (*home)->dirty.store(true, std::memory_order_release);
  commit_request done;
  done.directories = {*home};
  done.rows = {no_work_row(entry->id())};
  core_.commits.submit(std::move(done));
  co_return written;
}

io::task<bool> assembler::remove_chunks(session_entry& entry, const open_directory& home) {
  const auto removed = co_await remove_tree(home.handle, "chunks");
  if (!removed) {
    // The recording is finished and durable; what is left over is an orphan, found again at the next start.
    core_.world.log.warn("could not remove the chunks of a finished recording",
                         {{"session", entry.id().text()}, {"reason", std::string_view{removed.error().detail}}});
  }
  co_return removed.has_value();
}

void assembler::note_failure(const std::shared_ptr<session_entry>& held, const error& why) {
  session_entry& entry = *held;
  core_.world.count.add(counter::assemblies_failed);
  core_.world.log.fault("assembly failed, the chunks are kept",
                        {{"session", entry.id().text()}, {"reason", std::string_view{why.detail}}});
  commit_request request;
  {
    const std::lock_guard lock{entry.mutex};
    entry.value.now = why.code == errc::damaged ? session::state::damaged : session::state::failed;
    entry.value.failure = why.detail;
    request.rows = {session_row(entry.value)};
    // It may have failed before it was announced; the next start tries again all the same.
    if (entry.value.now == session::state::failed) request.rows.push_back(work_row(entry.id()));
    store_core::touch(entry);
    try_again_later(entry, why);
    core_.commits.submit(std::move(request));  // under the lock: the row of a name that comes now must be behind it
  }
  entry.changed.notify_all();
}

void assembler::try_again_later(const session_entry& entry, const error& why) {
  // After a failed sync nothing is promised any more before a restart, which takes it up; what is damaged stays so.
  if (core_.commits.failed() || why.code == errc::damaged) {
    failed_.forget(entry.id());
    return;
  }
  std::optional<std::uint64_t> room_bytes;
  if (why.code == errc::no_space) {
    // To adopt a segment takes no room worth asking for.
    const bool adopts = entry.value.plan == static_cast<std::uint8_t>(session::plan_kind::adopt);
    room_bytes = adopts ? 0 : entry.value.size_bytes;
  }
  failed_.add(entry.id(), room_bytes, core_.world.time.now());
}

io::task<result<void>> assembler::rewrite_manifest(session_entry& entry) {
  const auto completed = co_await entry.files.directory("completed");
  result<void> replaced{};
  if (!completed) replaced = fail(completed.error());
  if (replaced) replaced = co_await write_manifest(entry, **completed);
  if (replaced) {
    replaced = co_await (*completed)->handle.rename(temporary_manifest_name, (*completed)->handle, manifest_name);
  }
  if (completed && !replaced) {
    (void)co_await (*completed)->handle.unlink(temporary_manifest_name);  // nobody may come back for it
  }
  if (replaced) {
    (*completed)->dirty.store(true, std::memory_order_release);
    commit_request request;
    request.directories = entry.files.unsynced_directories();  // those above it were opened for this
    request.sync = true;
    replaced = co_await core_.commits.commit(std::move(request));
  }
  if (!replaced) {
    const std::lock_guard lock{entry.mutex};
    entry.manifest_due = true;
  }
  co_return replaced;
}

}  // namespace wf::store
