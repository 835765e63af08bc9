#include "waveforge/store/committer.hpp"

#include <algorithm>
#include <unordered_set>

#include "waveforge/base/limits.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {

namespace {

/// Free space below which no fact is begun. The log is preallocated, so that what was begun ends.
constexpr std::uint64_t facts_room_bytes = 256_KiB;

}  // namespace

struct committer::pending {
  commit_request request;
  result<void> outcome{};
  io::notifier ended;
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
  auto mine = std::make_shared<pending>();
  mine->request = std::move(request);
  const std::uint64_t seen = mine->ended.ticket();
  if (!enqueue(mine)) co_return fail(errc::unavailable, "the store is closing");
  const std::int32_t ended = co_await mine->ended.wait(seen, io::deadline::never());
  if (ended != 0) co_return fail(errc::timed_out, "cancelled while waiting for the disk");
  co_return mine->outcome;
}

void committer::submit(commit_request request) {
  auto mine = std::make_shared<pending>();
  mine->request = std::move(request);
  if (!enqueue(mine) && mine->request.ended) mine->request.ended(fail(errc::unavailable, "the store is closing"));
}

std::vector<std::shared_ptr<committer::pending>> committer::take_waiting() {
  const std::lock_guard lock{mutex_};
  return std::exchange(waiting_, {});
}

io::task<void> committer::run() {
  for (;;) {
    const std::uint64_t seen = arrived_.ticket();
    auto requests = take_waiting();
    if (!requests.empty()) {
      co_await round(std::move(requests));
      // There may be a next round at once; the answers of this one do not wait for its end.
      ring_.pay_wake_ups();
      continue;
    }
    {
      const std::lock_guard lock{mutex_};
      if (stopping_) break;
    }
    const std::int32_t woken = co_await arrived_.wait(seen, io::deadline::never());
    if (woken == -ECANCELED) stop();
  }
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

io::task<void> committer::round(std::vector<std::shared_ptr<pending>> requests) {
  const steady_time began = world_.time.now();
  result<void> outcome{};
  if (failed())
    outcome = fail(errc::io_failed, "a sync of this file system failed earlier; restart after the disk was seen to");
  if (outcome) outcome = co_await sync_all(requests);

  if (outcome) {
    std::vector<fact_write> batch;
    bool sync = false;
    for (const auto& one : requests) {
      std::ranges::move(one->request.rows, std::back_inserter(batch));
      sync = sync || one->request.sync;
    }
    if (!batch.empty() || sync) {  // without rows, those of earlier rounds are synced
      // No room even for a few bytes of facts. What the ballast frees must do until somebody deletes something.
      if (!batch.empty()) outcome = room_for_facts();
      if (!outcome) {
        const bool freed = co_await spare_.give_up();
        if (freed) outcome = room_for_facts();
      }
      if (outcome) {
        const steady_time asked = world_.time.now();
        outcome = rows_.apply(batch, sync);
        world_.count.observe(timing::facts_batch, std::chrono::duration<double>(world_.time.now() - asked).count());
        world_.count.add(counter::facts_written, batch.size());
        // Whatever the reason, part of the log may have been left behind: the database takes no more after it.
        if (!outcome) fail_for_good(outcome.error());
      }
    }
  } else if (!failed()) {
    fail_for_good(outcome.error());
  }
  world_.count.add(counter::rounds);
  world_.count.observe(timing::round, std::chrono::duration<double>(world_.time.now() - began).count());
  for (const auto& one : requests) {
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

io::task<result<void>> committer::sync_all(const std::vector<std::shared_ptr<pending>>& requests) {
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
    // The marks go before the sync: what is written while it runs must be synced again.
    for (const auto& one : files) one->dirty.store(false, std::memory_order_release);
    for (const auto& one : directories) one->dirty.store(false, std::memory_order_release);
    const result<void> synced = co_await root_.sync_file_system();
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
  file->dirty.store(false, std::memory_order_release);
  outcome = co_await file->plain.sync_data();
}

io::task<void> committer::sync_directory(std::shared_ptr<open_directory> directory, result<void>& outcome) {
  directory->dirty.store(false, std::memory_order_release);
  outcome = co_await directory->handle.sync();
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
