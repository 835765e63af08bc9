#include "waveforge/store/committer.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "waveforge/base/limits.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {

namespace {

/// Free space below which no fact is begun. The log is preallocated, so that what was begun ends.
constexpr std::uint64_t facts_room_bytes = 256_KiB;

/// The mark goes before the sync: what is written while it runs must be synced again. Nobody may take what is being
/// synced for clean either, or its fact would overtake it.
void begin_sync(sync_marks& marks) noexcept {
  marks.syncing.store(true, std::memory_order_release);
  marks.dirty.store(false, std::memory_order_release);
}
void end_sync(sync_marks& marks) noexcept {
  marks.syncing.store(false, std::memory_order_release);
}

}  // namespace

struct committer::pending {
  commit_request request;
  result<void> outcome{};
  io::notifier ended{};
  std::uint64_t seen{ended.ticket()};  ///< before it was asked for
  bool held{false};                    ///< its rows are in held_
};

committer::committer(const environment& world, io::ring_context& ring, facts& rows, const io::directory& root,
                     ballast& spare)
    : world_(world), ring_(ring), rows_(rows), root_(root), spare_(spare) {}

committer::~committer() = default;

bool committer::enqueue(std::shared_ptr<pending> one) {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return false;
    waiting_.push_back(std::move(one));
  }
  arrived_.notify_all();
  return true;
}

io::task<result<void>> committer::commit(commit_request request) {
  return wait(begin(std::move(request)));
}

committer::begun committer::begin(commit_request request) {
  auto mine = std::make_shared<pending>();
  mine->request = std::move(request);
  if (!enqueue(mine)) {
    mine->outcome = fail(errc::unavailable, "the store is closing");
    mine->ended.notify_all();
  }
  return mine;
}

io::task<result<void>> committer::wait(begun one) {
  const std::int32_t ended = co_await one->ended.wait(one->seen, io::deadline::never());
  if (ended != 0) co_return fail(errc::timed_out, "cancelled while waiting for the disk");
  co_return one->outcome;
}

void committer::submit(commit_request request) {
  auto mine = std::make_shared<pending>();
  mine->request = std::move(request);
  if (!enqueue(mine) && mine->request.ended) mine->request.ended(fail(errc::unavailable, "the store is closing"));
}

bool committer::must_wait(const commit_request& request) const {
  const auto unsynced = [](const auto& one) { return one->unsynced(); };
  if (std::ranges::any_of(request.files, unsynced) || std::ranges::any_of(request.directories, unsynced)) return true;
  return held_.concern(request.rows);
}

void committer::let_go(pending& one) {
  if (std::exchange(one.held, false)) held_.let_go(one.request.rows);
}

committer::pending_list committer::sort_arrived() {
  pending_list arrived;
  {
    const std::lock_guard lock{mutex_};
    arrived = std::exchange(waiting_, {});
  }
  pending_list ready;
  for (auto& one : arrived) {
    const bool waits = must_wait(one->request);
    // To sync the log once more beside the files would make both slower.
    const bool joins = !waits && one->request.sync && !syncing_.empty();
    if (!waits && !joins) {
      ready.push_back(std::move(one));
      continue;
    }
    held_.hold(one->request.rows);
    one->held = true;
    (waits ? next_ : joining_).push_back(std::move(one));
  }
  return ready;
}

void committer::end_round(pending_list& ready) {
  const result<void> outcome = *std::exchange(synced_, std::nullopt);
  pending_list round = std::exchange(syncing_, {});
  world_.count.add(counter::rounds);
  world_.count.observe(timing::round, std::chrono::duration<double>(world_.time.now() - round_began_).count());
  if (!outcome) {
    fail_for_good(outcome.error());
    tell(round, outcome);
    round.clear();
  }
  // Of one session, what is ready came first: behind a request that is held it would have had to wait.
  std::ranges::move(ready, std::back_inserter(round));
  std::ranges::move(joining_, std::back_inserter(round));
  joining_.clear();
  ready = std::move(round);
}

io::task<void> committer::run() {
  io::task_scope syncs{ring_};
  for (;;) {
    const std::uint64_t seen = arrived_.ticket();
    pending_list ready = sort_arrived();
    if (synced_) end_round(ready);
    if (!ready.empty()) co_await write_facts(ready);
    // There may be a next round at once; the answers of this one do not wait for its end.
    ring_.pay_wake_ups();
    if (syncing_.empty() && !next_.empty()) {
      syncing_ = std::exchange(next_, {});
      round_began_ = world_.time.now();
      (void)syncs.spawn(sync_round());
    }
    if (!syncing_.empty()) {
      // However it is cancelled, it sees the end of the syncs it began.
      co_await arrived_.wait_uninterrupted(seen);
      continue;
    }
    {
      const std::lock_guard lock{mutex_};
      if (stopping_ && waiting_.empty()) break;
    }
    const std::int32_t woken = co_await arrived_.wait(seen, io::deadline::never());
    if (woken == -ECANCELED) stop();
  }
  co_await syncs.close();
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
  }
  finished_.notify_all();
}

io::task<void> committer::ended() {
  for (;;) {
    const std::uint64_t seen = finished_.ticket();
    {
      const std::lock_guard lock{mutex_};
      if (ended_) break;
    }
    co_await finished_.wait_uninterrupted(seen);
  }
}

void committer::stop() noexcept {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  arrived_.notify_all();
}

io::task<void> committer::sync_round() {
  result<void> outcome{};
  if (!failed()) outcome = co_await sync_all(syncing_);
  synced_ = outcome;
  arrived_.notify_all();
}

io::task<void> committer::write_facts(const pending_list& requests) {
  result<void> outcome = takes_more();
  if (outcome) outcome = co_await apply(requests);
  tell(requests, outcome);
}

result<void> committer::takes_more() const {
  if (!failed()) return {};
  return fail(errc::io_failed, "a sync of this file system failed earlier; restart after the disk was seen to");
}

io::task<result<void>> committer::apply(const pending_list& requests) {
  std::vector<fact_write> batch;
  bool sync = false;
  for (const auto& one : requests) {
    let_go(*one);
    std::ranges::move(one->request.rows, std::back_inserter(batch));
    sync = sync || one->request.sync;
  }
  if (batch.empty() && !sync) co_return result<void>{};  // without rows, those of earlier rounds are synced
  result<void> outcome{};
  // No room even for a few bytes of facts. What the ballast frees must do until somebody deletes something.
  if (!batch.empty()) outcome = room_for_facts();
  if (!outcome) {
    const bool freed = co_await spare_.give_up();
    if (freed) outcome = room_for_facts();
  }
  if (!outcome) co_return outcome;
  const steady_time asked = world_.time.now();
  outcome = rows_.apply(batch, sync);
  world_.count.observe(timing::facts_batch, std::chrono::duration<double>(world_.time.now() - asked).count());
  world_.count.add(counter::facts_written, batch.size());
  // Whatever the reason, part of the log may have been left behind: the database takes no more after it.
  if (!outcome) {
    in_doubt_.store(true, std::memory_order_release);
    fail_for_good(outcome.error());
  }
  co_return outcome;
}

void committer::tell(const pending_list& requests, const result<void>& outcome) {
  for (const auto& one : requests) {
    let_go(*one);
    one->outcome = outcome;
    if (one->request.ended) one->request.ended(outcome);
    one->request = {};  // whoever waited may want to be the last who holds the files and sessions
    one->ended.notify_all();
  }
}

result<void> committer::room_for_facts() const {
  const auto space = root_.free_space();
  if (!space || space->available_bytes >= facts_room_bytes) return {};
  return fail(errc::no_space, "the disk is full; what is stored stays readable, try again when there is room");
}

io::task<result<void>> committer::sync_all(const pending_list& requests) {
  std::vector<std::shared_ptr<open_file>> files;
  std::vector<std::shared_ptr<open_directory>> directories;
  for (const auto& one : requests) {
    std::ranges::copy(one->request.files, std::back_inserter(files));
    std::ranges::copy(one->request.directories, std::back_inserter(directories));
  }
  const auto drop_repeats = [](auto& list) {
    // In the order in which they were asked for, not in that of their addresses: the same requests, the same round.
    std::unordered_set<const void*> seen;
    std::erase_if(list, [&](const auto& one) {
      // What nobody wrote to since its last sync is on the disk already.
      return !seen.insert(one.get()).second || !one->dirty.load(std::memory_order_acquire);
    });
  };
  drop_repeats(files);
  drop_repeats(directories);
  if (files.empty() && directories.empty()) co_return result<void>{};
  const steady_time began = world_.time.now();
  world_.count.add(counter::round_syncs, files.size() + directories.size());

  std::vector<result<void>> outcomes;
  if (files.size() + directories.size() > limits::round_files_max) {
    for (const auto& one : files) begin_sync(*one);
    for (const auto& one : directories) begin_sync(*one);
    const result<void> synced = co_await root_.sync_file_system();
    for (const auto& one : files) end_sync(*one);
    for (const auto& one : directories) end_sync(*one);
    outcomes.push_back(synced);
  } else {
    outcomes.resize(files.size() + directories.size());
    io::task_scope syncs{ring_};
    std::size_t next = 0;
    for (const auto& one : files) (void)syncs.spawn(sync_file(one, outcomes[next++]));
    for (const auto& one : directories) (void)syncs.spawn(sync_directory(one, outcomes[next++]));
    (void)co_await syncs.join(io::deadline::never());
  }
  world_.count.observe(timing::sync, std::chrono::duration<double>(world_.time.now() - began).count());
  for (const auto& outcome : outcomes) {
    if (!outcome) co_return outcome;
  }
  co_return result<void>{};
}

io::task<void> committer::sync_file(std::shared_ptr<open_file> file, result<void>& outcome) {
  begin_sync(*file);
  outcome = co_await file->plain.sync_data();
  end_sync(*file);
}

io::task<void> committer::sync_directory(std::shared_ptr<open_directory> directory, result<void>& outcome) {
  begin_sync(*directory);
  outcome = co_await directory->handle.sync();
  end_sync(*directory);
}

io::task<result<void>> committer::sync_apart(io::file& file) {
  const auto synced = co_await file.sync();
  if (!synced) fail_for_good(synced.error());
  co_return synced;
}

void committer::fail_for_good(const error& why) {
  if (failed_.exchange(true, std::memory_order_acq_rel)) return;
  world_.count.add(counter::round_failures);
  world_.log.fault("sync failed, nothing more is acknowledged", {{"reason", std::string_view{why.detail}}});
  if (told_) told_();
}

}  // namespace wf::store
