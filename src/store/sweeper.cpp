#include "waveforge/store/sweeper.hpp"

#include <algorithm>

#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

using session::expiry_step;

/// Rows of one pass: a few milliseconds of look-ups, then the next batch.
constexpr std::size_t batch_max = 256;
/// A session with requests still running is not in the way of anybody: the next pass comes soon.
constexpr auto patience = std::chrono::seconds{1};
constexpr std::chrono::seconds interval_min{1};
constexpr std::chrono::seconds interval_max{60};

/// Often enough that a short time is kept to within an eighth, seldom enough that nobody notices.
std::chrono::seconds interval_of(const session::expiry_rules& rules) {
  auto shortest = rules.recordings.value_or(interval_max * 8);
  if (rules.unfinished.count() > 0) shortest = std::min(shortest, rules.unfinished);
  return std::clamp(shortest / 8, interval_min, interval_max);
}

}  // namespace

io::task<void> sweeper::run() {
  const auto rules = core_.with.expiry();
  if (rules.recordings) {
    const auto filed = co_await file_recordings();
    if (!filed)
      core_.world.log.warn("could not file recordings for expiry",
                           {{"reason", std::string_view{filed.error().detail}}});
  }
  for (;;) {
    const auto looked = co_await sweep();
    if (!looked) {
      core_.world.log.warn("could not look for expired sessions",
                           {{"reason", std::string_view{looked.error().detail}}});
    }
    const bool more = looked && *looked == batch_max;
    const auto pause = more ? steady_time::duration{0} : steady_time::duration{interval_of(rules)};
    if (co_await io::sleep_until(ring_.after(pause)) == -ECANCELED) co_return;
  }
}

result<std::vector<sweeper::due>> sweeper::find_due() const {
  std::vector<due> found;
  const utc_time now = core_.world.time.utc_now();
  const std::string prefix{static_cast<char>(session::fact_kind::expiry)};
  const auto scanned = core_.rows.scan(prefix, prefix, [&](std::string_view key, std::string_view) {
    const auto parsed = session::parse_key(key);
    if (parsed && parsed->at > now) return false;
    if (parsed) found.push_back({std::string{key}, parsed->id});
    return found.size() < batch_max;
  });
  if (!scanned) return fail(scanned.error());
  return found;
}

io::task<result<std::size_t>> sweeper::sweep() {
  const auto found = find_due();
  if (!found) co_return fail(found.error());
  commit_request filed;
  for (const auto& one : *found) {
    auto rows = co_await look_at(one);
    std::ranges::move(rows, std::back_inserter(filed.rows));
  }
  if (!filed.rows.empty()) {
    const auto committed = co_await core_.commits.commit(std::move(filed));
    if (!committed) co_return fail(committed.error());
  }
  co_return found->size();
}

io::task<std::vector<fact_write>> sweeper::look_at(due one) {
  const utc_time now = core_.world.time.utc_now();
  const auto rules = core_.with.expiry();
  session::expiry_decision decided;
  if (const auto entry = core_.sessions.peek(one.id)) {
    const std::lock_guard lock{entry->mutex};
    if (entry->known) decided = session::decide_expiry(entry->value, rules, now);
  } else {
    // Looked at without being loaded: most rows that come up belong to sessions that were finished long ago.
    const auto value = load_recording(core_.rows, one.id, core_.era);
    if (!value) {
      decided = {expiry_step::keep, now + interval_max};
    } else if (value->has_value()) {
      decided = session::decide_expiry(**value, rules, now);
    }
  }
  std::vector<fact_write> rows{{one.key, std::nullopt}};
  result<void> done{};
  switch (decided.step) {
    case expiry_step::ignore: break;
    case expiry_step::keep: rows.push_back({session::expiry_key(decided.at, one.id), std::string{}}); break;
    case expiry_step::expire: done = co_await expire(one.id); break;
    case expiry_step::forget: done = co_await forget(one.id); break;
  }
  if (!done) {
    core_.world.log.warn("an expired session could not be removed yet",
                         {{"session", one.id.text()}, {"reason", std::string_view{done.error().detail}}});
    rows.push_back({session::expiry_key(now + interval_max, one.id), std::string{}});
  }
  co_return rows;
}

io::task<result<std::shared_ptr<session_entry>>> sweeper::alone_for(session::session_id id, expiry_step step) {
  const auto found = co_await core_.sessions.find(id);
  if (!found) co_return fail(found.error());
  const auto alone = co_await core_.begin_exclusive(**found, false, ring_.after(patience));
  if (!alone) co_return fail(alone.error());
  session::expiry_decision decided;
  {
    // A byte may have come while we waited for the requests to end.
    const std::lock_guard lock{(*found)->mutex};
    decided = session::decide_expiry((*found)->value, core_.with.expiry(), core_.world.time.utc_now());
    if (decided.step == step && (*found)->known) co_return *found;
  }
  core_.end_exclusive(**found);
  if (decided.step == expiry_step::keep) {
    commit_request filed;
    filed.rows = {{session::expiry_key(decided.at, id), std::string{}}};
    core_.commits.submit(std::move(filed));
  }
  co_return nullptr;
}

io::task<result<void>> sweeper::expire(session::session_id id) {
  const auto alone = co_await alone_for(id, expiry_step::expire);
  if (!alone) co_return fail(alone.error());
  if (!*alone) co_return result<void>{};
  const auto buried = co_await removes_.bury(*alone, session::state::expired);
  if (buried) core_.world.count.add(counter::sessions_expired);
  core_.end_exclusive(**alone);
  co_return buried;
}

io::task<result<void>> sweeper::forget(session::session_id id) {
  const auto alone = co_await alone_for(id, expiry_step::forget);
  if (!alone) co_return fail(alone.error());
  if (!*alone) co_return result<void>{};
  session_entry& entry = **alone;
  // Normally they went with the session; a removal that failed has this last chance before nobody knows of it.
  result<void> done = co_await removes_.remove_bytes(*alone);
  if (done) {
    commit_request gone;
    gone.rows = {{session::session_key(id), std::nullopt}};
    done = co_await core_.commits.commit(std::move(gone));
  }
  if (done) {
    {
      const std::lock_guard lock{entry.mutex};
      entry.value = session::recording{};
      entry.value.id = id;
      entry.known = false;
      // Whoever begins anew under this id begins with nothing recorded, or it would never be filed to expire.
      entry.row_changes = 1;
      entry.row_recorded = 0;
      entry.manifest_due = entry.finishing = false;
      store_core::touch(entry);
    }
    entry.changed.notify_all();
  }
  core_.end_exclusive(entry);
  co_return done;
}

io::task<result<void>> sweeper::file_recordings() {
  const std::string prefix{static_cast<char>(session::fact_kind::session)};
  std::string from = prefix;
  for (bool more = true; more;) {
    more = false;
    commit_request filed;
    std::size_t seen = 0;
    const auto scanned = core_.rows.scan(prefix, from, [&](std::string_view key, std::string_view value) {
      const auto parsed = session::parse_key(key);
      session::recording one;
      if (parsed && session::decode_session(value, one) && one.now == session::state::assembled) {
        one.id = parsed->id;
        add_expiry_row(one, core_.with.expiry(), filed.rows);
      }
      more = ++seen == batch_max;
      if (more) from.assign(key).push_back('\0');
      return !more;
    });
    if (!scanned) co_return scanned;
    const auto committed = co_await core_.commits.commit(std::move(filed));
    if (!committed) co_return committed;
  }
  co_return result<void>{};
}

}  // namespace wf::store
