#include "waveforge/store/session_cache.hpp"

#include <algorithm>

namespace wf::store {

namespace {

struct rows_of_session {
  facts& rows;
  const session::session_id& id;
  session::era now;
  session::recording& into;
  bool unvouched{false};
  result<void> outcome{};

  /// Collects rows of one kind; a row that cannot be read ends the scan.
  template <typename Take>
  result<void> each(session::fact_kind kind, Take take) {
    const std::string prefix = session::chunk_prefix(kind, id);
    auto scanned = rows.scan(prefix, prefix, [&](std::string_view key, std::string_view value) {
      const auto parsed = session::parse_key(key);
      outcome = parsed ? take(parsed->index, value) : result<void>{fail(parsed.error())};
      return outcome.has_value();
    });
    return scanned ? outcome : scanned;
  }

  result<void> take_chunk(std::uint32_t index, std::string_view value) {
    auto one = session::decode_chunk(value);
    if (!one) return fail(one.error());
    one->announced = true;
    into.chunks.add(index, std::move(*one));
    return {};
  }

  result<void> take_progress(std::uint32_t index, std::string_view value) {
    const auto row = session::decode_progress(value);
    if (!row) return fail(row.error());
    session::chunk* one = into.chunks.find(index);
    if (one == nullptr) return {};  // the chunk was deleted in the same batch that will remove this row
    const bool counts = row->unvouched_era == now;
    one->vouched_bytes = row->vouched_bytes;
    one->written_bytes = counts ? row->unvouched_bytes : row->vouched_bytes;
    one->promised_bytes = one->written_bytes;
    into.chunks.touch(*one, row->touched_at);
    unvouched = unvouched || (counts && row->unvouched_bytes != row->vouched_bytes);
    return {};
  }
};

}  // namespace

result<std::optional<session::recording>> load_recording(facts& rows, const session::session_id& id, session::era now,
                                                         bool* unvouched) {
  const auto row = rows.get(session::session_key(id));
  if (!row) return fail(row.error());
  if (!row->has_value()) return std::optional<session::recording>{};
  session::recording value;
  value.id = id;
  if (auto decoded = session::decode_session(**row, value); !decoded) return fail(decoded.error());
  rows_of_session of{rows, id, now, value};
  using session::fact_kind;
  auto taken = of.each(fact_kind::chunk,
                       [&](std::uint32_t index, std::string_view bytes) { return of.take_chunk(index, bytes); });
  if (taken) {
    taken = of.each(fact_kind::progress,
                    [&](std::uint32_t index, std::string_view bytes) { return of.take_progress(index, bytes); });
  }
  if (!taken) return fail(taken.error());
  if (unvouched != nullptr) *unvouched = of.unvouched;
  return std::optional{std::move(value)};
}

session_cache::session_cache(const environment& world, const options& with, std::shared_ptr<open_directory> root,
                             file_budget& budget, io::ring_context& reader, facts& rows, session::era now)
    : world_(world), with_(with), root_(std::move(root)), budget_(budget), reader_(reader), rows_(rows), era_(now) {}

session_cache::stripe& session_cache::stripe_of(const session::session_id& id) noexcept {
  return stripes_[std::hash<session::session_id>{}(id) % stripes_.size()];
}

io::task<result<std::shared_ptr<session_entry>>> session_cache::find(session::session_id id) {
  stripe& home = stripe_of(id);
  std::shared_ptr<slot> mine;
  // From the first lock on: forget() counts who holds an entry, and who waits for it must be among them.
  std::shared_ptr<session_entry> entry;
  bool first = false;
  std::uint64_t seen = 0;
  {
    const std::lock_guard lock{home.mutex};
    auto& at = home.slots[id];
    if (!at) {
      at = std::make_shared<slot>();
      at->entry = std::make_shared<session_entry>(world_, with_, root_, budget_, id);
      at->entry->used_at = world_.time.now();
      world_.count.shift(gauge::sessions_loaded, 1);
      first = true;
    }
    mine = at;
    entry = at->entry;
    if (mine->ready) co_return entry;
    seen = mine->loaded->ticket();
  }
  if (first) {
    co_await load(mine);
    {
      const std::lock_guard lock{home.mutex};
      mine->ready = true;
      // With it goes what was opened; who comes next begins anew, and nobody finds a session that was not loaded.
      if (!mine->outcome && home.slots.erase(id) == 1) world_.count.shift(gauge::sessions_loaded, -1);
    }
    mine->loaded->notify_all();
  } else {
    while (!mine->ready) {
      const std::int32_t woken = co_await mine->loaded->wait(seen, io::deadline::never());
      if (woken != 0) co_return fail(errc::timed_out, "cancelled while a session was looked up");
    }
  }
  if (!mine->outcome) co_return fail(mine->outcome.error());
  co_return entry;
}

io::task<void> session_cache::load(std::shared_ptr<slot> into) {
  result<std::optional<session::recording>> loaded{};
  bool unvouched = false;
  bool work_left = false;
  // The frame waits here, so the reader may use what it holds.
  co_await io::run_on(reader_, [&] {
    loaded = load_recording(rows_, into->entry->id(), era_, &unvouched);
    if (!loaded || !loaded->has_value() || (*loaded)->now != session::state::assembled) return;
    const auto row = rows_.get(session::work_key(into->entry->id()));
    work_left = !row || row->has_value();
  });
  if (!loaded) {
    if (loaded.error().code != errc::damaged) {
      into->outcome = fail(loaded.error());
      co_return;
    }
    const std::lock_guard lock{into->entry->mutex};
    into->entry->known = true;
    into->entry->value.now = session::state::damaged;
    into->entry->value.failure = loaded.error().detail;
    co_return;
  }
  if (!loaded->has_value()) co_return;
  {
    const std::lock_guard lock{into->entry->mutex};
    into->entry->value = std::move(**loaded);
    into->entry->known = true;
    into->entry->row_recorded = into->entry->row_changes;
    into->entry->manifest_due = work_left;
  }
  if (adopt_) into->outcome = co_await adopt_(into->entry, unvouched);
}

std::shared_ptr<session_entry> session_cache::peek(const session::session_id& id) {
  stripe& home = stripe_of(id);
  const std::lock_guard lock{home.mutex};
  const auto at = home.slots.find(id);
  return at == home.slots.end() || !at->second->ready ? nullptr : at->second->entry;
}

std::vector<std::shared_ptr<session_entry>> session_cache::all() {
  std::vector<std::shared_ptr<session_entry>> out;
  for (auto& home : stripes_) {
    const std::lock_guard lock{home.mutex};
    for (const auto& [id, one] : home.slots) {
      if (one->ready) out.push_back(one->entry);
    }
  }
  return out;
}

std::vector<std::shared_ptr<session_entry>> session_cache::idle(std::size_t count_max, steady_time used_before) {
  std::vector<std::pair<steady_time, std::shared_ptr<session_entry>>> found;
  for (auto& entry : all()) {
    const std::lock_guard lock{entry->mutex};
    if (entry->operations == 0 && !entry->exclusive && entry->used_at < used_before)
      found.emplace_back(entry->used_at, entry);
  }
  std::ranges::sort(found, {}, [](const auto& one) { return one.first; });
  std::vector<std::shared_ptr<session_entry>> out;
  for (auto& [at, entry] : found) {
    if (out.size() == count_max) break;
    out.push_back(std::move(entry));
  }
  return out;
}

bool session_cache::forget(std::shared_ptr<session_entry>& entry) {
  stripe& home = stripe_of(entry->id());
  const std::lock_guard lock{home.mutex};
  const auto at = home.slots.find(entry->id());
  if (at == home.slots.end() || at->second->entry != entry) return true;
  // Held by the slot and by the caller; new holders come through the stripe, which is locked.
  if (entry.use_count() > 2) return false;
  world_.count.shift(gauge::sessions_loaded, -1);
  home.slots.erase(at);
  entry.reset();
  return true;
}

std::size_t session_cache::size() const {
  std::size_t count = 0;
  for (const auto& home : stripes_) {
    const std::lock_guard lock{home.mutex};
    count += home.slots.size();
  }
  return count;
}

}  // namespace wf::store
