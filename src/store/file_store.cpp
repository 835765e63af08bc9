#include "waveforge/store/file_store.hpp"

#include <algorithm>

#include "waveforge/base/limits.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {
/// Assembly keeps one pipe a lane in use; the spare one is for final uploads being joined.
constexpr std::size_t assembly_pipes = limits::assemblies_running_max + 1;
constexpr std::uint32_t assembly_pipe_bytes = 1U << 20U;
/// How often the background looks for sessions that may leave memory.
constexpr auto trim_interval = std::chrono::seconds{1};
/// A session nobody asked for during this long gives its files back even when there is room for more.
constexpr auto idle_after = std::chrono::seconds{30};
/// A disk may refuse once what it takes the next time; one that is gone must not keep the process.
constexpr int era_end_tries_max = 10;
/// So many leave memory together: they share a round, which then is one sync of the file system.
constexpr std::size_t leaving_together_max = 256;
/// A session at work has so many open anyway: its directory, chunks/, the segment.
constexpr std::size_t files_in_use_min = 3;
}  // namespace

std::string_view name_of(durability level) noexcept {
  switch (level) {
    case durability::none: return "none";
    case durability::chunk: return "chunk";
    case durability::patch: return "patch";
  }
  return "none";
}

file_store::file_store(const environment& world, const options& with, io::ring_context& commit_ring,
                       io::ring_context& background_ring, std::unique_ptr<facts> rows, claimed_dir dir)
    : world_(world),
      with_(with),
      commit_ring_(commit_ring),
      background_ring_(background_ring),
      rows_(std::move(rows)),
      dir_(std::move(dir)),
      space_(world_, with_.min_free, dir_.root->handle),
      spare_(world_, dir_.root->handle),
      files_(with_.open_files_max),
      commits_(world_, commit_ring_, *rows_, dir_.root->handle, spare_),
      sessions_(world_, with_, dir_.root, files_, background_ring_, *rows_, dir_.now.era),
      core_{world_,   with_,     dir_.root, dir_.file_system, dir_.now.era, *rows_,
            commits_, sessions_, space_,    spare_,           nullptr},
      pipes_(background_ring_, assembly_pipes, assembly_pipe_bytes),
      assembler_(core_, background_ring_, pipes_),
      remover_(core_),
      sweeper_(core_, background_ring_, remover_),
      joins_(core_, background_ring_, pipes_),
      rounds_(commit_ring_),
      background_(background_ring_),
      unfinished_(core_, background_ring_, assembler_, remover_, joins_, background_),
      sealed_(!dir_.era_goes_on) {
  core_.assembles = &assembler_;
  sessions_.on_load([this](std::shared_ptr<session_entry> entry, bool unvouched) {
    return adopt_loaded(std::move(entry), unvouched);
  });
}

file_store::~file_store() = default;

io::task<result<void>> file_store::start() {
  commit_ring_.post([this] { (void)rounds_.spawn(commits_.run()); });
  commits_.on_failure([this] { background_ring_.post([this] { (void)background_.spawn(note_failed_sync()); }); });
  if (!background_.spawn(assembler_.run()) || !background_.spawn(trim()) || !background_.spawn(sweeper_.run()) ||
      !background_.spawn(unfinished_.run())) {
    co_return fail(errc::internal, "closed");
  }
  if (!sealed_) (void)background_.spawn(seal_in_the_background());
  co_return result<void>{};
}

io::task<void> file_store::note_failed_sync() {
  while (!co_await end_era()) {
    // The disk that refuses a sync may refuse this, too.
    const std::int32_t woken = co_await io::sleep_until(background_ring_.after(trim_interval));
    if (woken == -ECANCELED || background_.closed()) co_return;
  }
}

io::task<bool> file_store::end_era() {
  // Two writes at once end in either order: the one that does not say so yet might be the later.
  const gate::pass turn = co_await identity_turn_.enter();
  dir_.now.failed_sync = true;
  const auto written = co_await write_identity(dir_);
  if (written) era_ended_ = true;
  co_return written.has_value();
}

io::task<result<void>> file_store::close() {
  assembler_.stop();
  co_await joins_.close();
  co_await background_.close();
  // Nobody makes room any more, and sealing what nobody asked for opens files.
  co_await each_together(sessions_.all(), &file_store::leave_memory);
  seal_outcome_ = co_await seal_earlier_lives(true);
  if (!seal_outcome_) {
    world_.log.warn("could not seal what an earlier process wrote",
                    {{"reason", std::string_view{seal_outcome_.error().detail}}});
  }
  co_await each_together(sessions_.all(), &file_store::seal);
  commits_.stop();
  co_await commits_.ended();
  // What failed this late has had nobody to note it.
  for (int tries = 0; commits_.failed() && !era_ended_ && tries < era_end_tries_max; ++tries) (void)co_await end_era();
  co_return seal_outcome_;
}

io::task<void> file_store::announce(std::string address, std::string tus_base) {
  const gate::pass turn = co_await identity_turn_.enter();
  dir_.now.address = std::move(address);
  dir_.now.tus_base = std::move(tus_base);
  const auto written = co_await write_identity(dir_);
  if (!written)
    world_.log.warn("could not note the address in .lock", {{"reason", std::string_view{written.error().detail}}});
}

capabilities file_store::can() const noexcept {
  return {};
}

result<void> file_store::ready() const {
  if (commits_.failed()) {
    return fail(errc::io_failed, "a sync of the data dir's file system failed; see to the disk, then restart");
  }
  return const_cast<space_guard&>(space_).room_for(0);
}

io::task<void> file_store::each_together(std::vector<std::shared_ptr<session_entry>> entries,
                                         io::task<void> (file_store::*what)(std::shared_ptr<session_entry>)) {
  for (std::size_t begin = 0; begin < entries.size(); begin += leaving_together_max) {
    io::task_scope batch{background_ring_};
    const std::size_t end = std::min(entries.size(), begin + leaving_together_max);
    for (std::size_t at = begin; at < end; ++at) (void)batch.spawn((this->*what)(std::move(entries[at])));
    const bool ended = co_await batch.join(io::deadline::never());
    if (!ended) co_await batch.close();  // cancelled: they end early, and nothing is lost by it
  }
}

io::task<void> file_store::seal(std::shared_ptr<session_entry> entry) {
  const auto vouched = co_await core_.vouch_all(entry);
  if (!vouched) {
    world_.log.warn("could not seal a session while closing",
                    {{"session", entry->id().text()}, {"reason", std::string_view{vouched.error().detail}}});
    if (seal_outcome_) seal_outcome_ = vouched;
  }
}

io::task<void> file_store::leave_memory(std::shared_ptr<session_entry> entry) {
  {
    const std::lock_guard lock{entry->mutex};
    if (entry->exclusive || entry->assembling_queued) co_return;
    ++entry->operations;  // the rows written here must not come after those of a removal
  }
  // What leaves memory is vouched for first: a write-back error is forgotten with the inode.
  const auto vouched = co_await core_.vouch_all(entry);
  bool quiet = false;
  {
    const std::lock_guard lock{entry->mutex};
    if (entry->value.ready_to_assemble()) assembler_.enqueue(entry);
    quiet = --entry->operations == 0 && !entry->exclusive && !entry->assembling_queued;
    if (entry->removal_in_doubt) quiet = false;  // loaded again it would be believed
  }
  entry->changed.notify_all();
  if (!vouched) co_return;
  // Also of a session that stays because somebody uses it or waits for it to change.
  entry->files.close_unused();
  if (quiet) (void)sessions_.forget(entry);
}

io::task<void> file_store::make_room_for_files() {
  const auto enough = [this] { return files_.open() <= files_.files_max() / 2; };
  auto leaving = sessions_.idle(SIZE_MAX, world_.time.now());
  std::erase_if(leaving, [](const auto& one) { return one->files.open_count() == 0; });
  for (std::size_t next = 0; next < leaving.size() && !enough();) {
    std::vector<std::shared_ptr<session_entry>> batch;
    while (next < leaving.size() && batch.size() < leaving_together_max) batch.push_back(std::move(leaving[next++]));
    co_await each_together(std::move(batch), &file_store::leave_memory);
  }
  if (enough()) co_return;
  auto busy = sessions_.all();
  std::erase_if(busy, [](const auto& one) { return one->files.open_count() <= files_in_use_min; });
  co_await each_together(std::move(busy), &file_store::leave_memory);
}

io::task<void> file_store::trim() {
  std::uint64_t seen = files_.crowded().ticket();
  for (;;) {
    co_await spare_.lay_in(space_.floor_bytes());
    const io::deadline tick = background_ring_.after(trim_interval);
    std::int32_t woken = 0;
    while (woken == 0) {
      woken = co_await files_.crowded().wait(seen, tick);
      if (woken == -ECANCELED || background_.closed()) co_return;
      seen = files_.crowded().ticket();  // who is late for this pass gets the next one
      if (woken == 0) co_await make_room_for_files();
    }
    const steady_time now = world_.time.now();
    world_.count.set(gauge::files_open, files_.open());
    if (files_.is_crowded()) co_await make_room_for_files();
    // Half of them go at once, so that a crowd is met with one pass and not with one a second.
    const bool crowded = sessions_.size() > limits::sessions_in_memory_max;
    const std::size_t wanted = crowded ? sessions_.size() / 2 + 1 : SIZE_MAX;
    co_await each_together(sessions_.idle(wanted, crowded ? now : now - idle_after), &file_store::leave_memory);
  }
}

}  // namespace wf::store
