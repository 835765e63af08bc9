#include "wfctl/stored_session.hpp"

#include <fmt/format.h>

namespace wf::ctl {

namespace {

using session::fact_kind;

constexpr std::size_t page_sessions = 1000;

/// Puts rows together into sessions; rows come kind by kind, in the order s, c, b.
class collector {
 public:
  explicit collector(session::era now) : now_{now} {}

  void take(std::string_view key, std::string_view value) {
    const auto parsed = session::parse_key(key);
    if (!parsed) return;  // a key that is nobody's: fsck looks for those by themselves
    stored_session& into = sessions_[parsed->id];
    into.value.id = parsed->id;
    switch (parsed->kind) {
      case fact_kind::session: return take_session(into, value);
      case fact_kind::chunk: return take_chunk(into, parsed->index, value);
      case fact_kind::progress: return take_progress(into, parsed->index, value);
      case fact_kind::work:
      case fact_kind::expiry: return;
    }
  }
  [[nodiscard]] std::map<session::session_id, stored_session>& sessions() noexcept { return sessions_; }

 private:
  static void take_session(stored_session& into, std::string_view value) {
    into.has_row = true;
    if (auto decoded = session::decode_session(value, into.value); !decoded) {
      into.troubles.push_back(fmt::format("its session row: {}", decoded.error().detail));
      into.value.now = session::state::damaged;
      into.value.failure = decoded.error().detail;
    }
  }
  static void take_chunk(stored_session& into, std::uint32_t index, std::string_view value) {
    auto one = session::decode_chunk(value);
    if (!one) {
      into.troubles.push_back(fmt::format("the row of chunk {}: {}", index, one.error().detail));
      return;
    }
    one->announced = true;
    into.value.chunks.add(index, std::move(*one));
  }
  void take_progress(stored_session& into, std::uint32_t index, std::string_view value) const {
    const auto row = session::decode_progress(value);
    if (!row) {
      into.troubles.push_back(fmt::format("the progress of chunk {}: {}", index, row.error().detail));
      return;
    }
    session::chunk* one = into.value.chunks.find(index);
    if (one == nullptr) {
      into.stray_progress.push_back(index);
      return;
    }
    const bool counts = row->unvouched_era == now_;
    one->vouched_bytes = row->vouched_bytes;
    one->written_bytes = counts ? row->unvouched_bytes : row->vouched_bytes;
    one->promised_bytes = one->written_bytes;
    one->touched_at = row->touched_at;
    into.unvouched = into.unvouched || one->written_bytes != one->vouched_bytes;
    if (!counts && row->unvouched_era && row->unvouched_bytes > row->vouched_bytes) {
      into.lost_bytes[index] = row->unvouched_bytes - row->vouched_bytes;
    }
  }

  session::era now_;
  std::map<session::session_id, stored_session> sessions_;
};

std::string key_of(fact_kind kind, std::string_view tail) {
  std::string key{static_cast<char>(kind)};
  key += tail;
  return key;
}

}  // namespace

result<void> each_session(store::facts& rows, session::era now, const std::function<bool(stored_session&&)>& each) {
  // A tail is a key without its first letter. All kinds of rows of one session share theirs, up to the index, so a page
  // is the same stretch of tails of every kind; the stretches leave no gap where a row could hide.
  std::string from;
  for (bool more = true; more;) {
    collector page{now};
    std::string last;
    std::size_t count = 0;
    const std::string sessions{static_cast<char>(fact_kind::session)};
    auto scanned = rows.scan(sessions, key_of(fact_kind::session, from), [&](auto key, auto value) {
      page.take(key, value);
      last = key.substr(1);
      return ++count < page_sessions;
    });
    if (!scanned) return scanned;
    more = count == page_sessions;
    for (const fact_kind kind : {fact_kind::chunk, fact_kind::progress}) {
      scanned = rows.scan(std::string{static_cast<char>(kind)}, key_of(kind, from), [&](auto key, auto value) {
        const std::string_view tail = key.substr(1);
        if (more && tail > last && !tail.starts_with(last)) return false;
        page.take(key, value);
        return true;
      });
      if (!scanned) return scanned;
    }
    // Behind every index, and before every other id: a tail up to here ends with the zero byte of its id.
    from = last + '\xFF';
    for (auto& [id, one] : page.sessions()) {
      if (!each(std::move(one))) return {};
    }
  }
  return {};
}

result<stored_session> read_session(store::facts& rows, const session::session_id& id, session::era now) {
  collector one{now};
  for (const fact_kind kind : {fact_kind::session, fact_kind::chunk, fact_kind::progress}) {
    const std::string prefix = session::chunk_prefix(kind, id);
    const auto scanned = rows.scan(prefix, prefix, [&](auto key, auto value) {
      one.take(key, value);
      return true;
    });
    if (!scanned) return fail(scanned.error());
  }
  if (one.sessions().empty()) {
    stored_session nothing;
    nothing.value.id = id;
    return nothing;
  }
  return std::move(one.sessions().begin()->second);
}

}  // namespace wf::ctl
