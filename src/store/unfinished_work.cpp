#include "waveforge/store/unfinished_work.hpp"

#include <algorithm>

#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// How often it is looked whether there is something to do: what waits has waited longer.
constexpr auto work_look_interval = std::chrono::seconds{1};
/// Rows of one batch: their sessions are loaded together.
constexpr std::size_t rows_together_max = 256;
/// With so many sessions that cannot be read, the pass waits for the disk and not for the next session.
constexpr std::size_t unread_max = 1'024;

std::string work_prefix() {
  return {static_cast<char>(session::fact_kind::work)};
}

}  // namespace

unfinished_work::unfinished_work(store_core& core, io::ring_context& ring, assembler& assembles, remover& removes,
                                 joiner& joins, io::task_scope& beside)
    : core_(core),
      ring_(ring),
      assembles_(assembles),
      removes_(removes),
      joins_(joins),
      beside_(beside),
      from_(work_prefix()) {}

io::task<void> unfinished_work::run() {
  for (;;) {
    if (!passing_ && assembles_.takes_more() && something_left_out()) {
      passing_ = true;
      pass_ = occasion::left_out;
      from_ = work_prefix();
    }
    co_await go_on();
    std::vector<job> jobs;
    for (auto& [id, why] : std::exchange(unread_, {})) jobs.push_back({id, why});
    const auto has_room = [this](std::uint64_t bytes) { return core_.space.room_for(bytes).has_value(); };
    for (auto& id : assembles_.failed().take_due(core_.world.time.now(), has_room)) {
      jobs.push_back({std::move(id), occasion::try_again});
    }
    co_await take_up_all(std::move(jobs));
    const std::int32_t woken = co_await io::sleep_until(ring_.after(work_look_interval));
    if (woken == -ECANCELED || beside_.closed()) co_return;
  }
}

bool unfinished_work::something_left_out() {
  const bool queued = assembles_.take_left_out();
  const bool failed = assembles_.failed().take_left_out();
  return queued || failed;
}

io::task<void> unfinished_work::go_on() {
  while (passing_ && unread_.size() < unread_max && !beside_.closed()) {
    // At the start, removals, which may be what gives the queue its room, are among the rows.
    if (pass_ == occasion::left_out && !assembles_.takes_more()) co_return;
    const std::uint64_t seen = cleared_.ticket();
    if (clearing_ >= rows_together_max) {
      if (co_await cleared_.wait(seen, ring_.after(work_look_interval)) != 0) co_return;
      continue;
    }
    std::vector<job> jobs;
    std::string next = from_;
    const auto scanned = core_.rows.scan(work_prefix(), from_, [&](std::string_view key, std::string_view) {
      if (auto parsed = session::parse_key(key)) jobs.push_back({std::move(parsed->id), pass_});
      next.assign(key).push_back('\0');
      return jobs.size() < rows_together_max;
    });
    if (!scanned) {
      core_.world.log.warn("could not look for unfinished work",
                           {{"reason", std::string_view{scanned.error().detail}}});
      co_return;  // from the same row, at the next look
    }
    from_ = std::move(next);
    passing_ = jobs.size() == rows_together_max;
    co_await take_up_all(std::move(jobs));
  }
}

io::task<void> unfinished_work::take_up_all(std::vector<job> jobs) {
  for (std::size_t begin = 0; begin < jobs.size(); begin += rows_together_max) {
    io::task_scope batch{ring_};
    const std::size_t end = std::min(jobs.size(), begin + rows_together_max);
    for (std::size_t at = begin; at < end; ++at) (void)batch.spawn(take_up(std::move(jobs[at])));
    const bool ended = co_await batch.join(io::deadline::never());
    if (ended) continue;
    co_await batch.close();  // the store closes: the next start goes on
    co_return;
  }
}

io::task<void> unfinished_work::take_up(job one) {
  if (one.why == occasion::left_out && assembles_.failed().waits(one.id)) co_return;
  const auto found = co_await core_.sessions.find(one.id);
  if (!found) {
    // A disk that does not answer now may do so later; the work must not wait for the next start.
    const auto at = unread_.try_emplace(one.id, one.why).first;
    if (one.why == occasion::start) at->second = one.why;
  } else if (one.why == occasion::start) {
    take_up_at_start(*found);
  } else {
    take_up_assembly(*found, one.why);
  }
}

void unfinished_work::take_up_assembly(const std::shared_ptr<session_entry>& entry, occasion why) {
  const std::lock_guard lock{entry->mutex};
  const session::state now = entry->value.now;
  const bool begun = now == session::state::assembling || now == session::state::failed;
  if (!entry->known || !(begun || entry->value.ready_to_assemble())) {
    assembles_.failed().forget(entry->id());
    return;
  }
  if (why == occasion::left_out && now == session::state::failed && assembles_.failed().is_crowded()) {
    assembles_.failed().leave_out();  // its turn comes when others have come to their end
    return;
  }
  assembles_.enqueue(entry);
  if (!entry->assembling_queued) assembles_.failed().put_back(entry->id(), core_.world.time.now());
}

void unfinished_work::take_up_at_start(const std::shared_ptr<session_entry>& entry) {
  {
    const std::lock_guard lock{entry->mutex};
    const session::state now = entry->value.now;
    if (entry->known && (now == session::state::assembling || now == session::state::failed)) {
      assembles_.enqueue(entry);
      return;
    }
    if (entry->known && session::accepts_bytes(now)) {
      const session::chunk* first = entry->value.chunks.find(0);
      if (first != nullptr && is_final(first->concat) && !first->complete()) {
        joins_.watch(entry->id());
        return;
      }
      // What is ready has been queued when it was loaded, and what is whole is promised by a round that brings the row.
      // Else its last bytes fell back with the machine: when they come again, so does the row; somebody who is at work
      // may bring it just now.
      if (entry->is_whole() || entry->operations != 0) return;
      commit_request done;
      done.rows = {no_work_row(entry->id())};
      core_.commits.submit(std::move(done));
      return;
    }
  }
  if (beside_.spawn(clear_away(entry))) ++clearing_;
}

io::task<void> unfinished_work::clear_away(std::shared_ptr<session_entry> entry) {
  co_await clear_away_alone(std::move(entry));
  --clearing_;
  cleared_.notify_all();
}

io::task<void> unfinished_work::clear_away_alone(std::shared_ptr<session_entry> entry) {
  while (!co_await core_.begin_exclusive(*entry, false, ring_.after(work_look_interval))) {
    if (beside_.closed()) co_return;
  }
  // Once begun it goes to its end: a stop in the middle would leave the rest to the next start.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  bool whole = false;
  bool chunks = false;
  {
    const std::lock_guard lock{entry->mutex};
    whole = !entry->known || session::is_tombstone(entry->value.now);
    chunks = entry->known && entry->value.now == session::state::assembled;
  }
  if (whole) (void)co_await removes_.remove_bytes(entry);
  // It died between the fact that says so and the removal of what the recording was made of; or between a late change
  // and the manifest that says it.
  if (chunks) (void)co_await assembles_.clear_up(entry);
  core_.end_exclusive(*entry);
}

}  // namespace wf::store
