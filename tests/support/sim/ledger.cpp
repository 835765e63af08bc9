#include "support/sim/ledger.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace wf::sim {

std::string content_of(std::uint64_t key, std::uint64_t begin, std::uint64_t end) {
  std::string text(static_cast<std::size_t>(end - begin), '\0');
  for (std::uint64_t at = begin; at < end;) {
    std::uint64_t word = (key + at / 8) * 0x9e3779b97f4a7c15U;
    word = (word ^ (word >> 29U)) * 0xbf58476d1ce4e5b9U;
    word ^= word >> 32U;
    static_assert(std::endian::native == std::endian::little);
    const auto bytes = std::bit_cast<std::array<char, 8>>(word);
    const std::uint64_t count = std::min(8 - at % 8, end - at);
    std::copy_n(bytes.data() + at % 8, count, text.data() + (at - begin));
    at += count;
  }
  return text;
}

std::uint64_t session_record::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < total; ++i) sum += chunks[i].length;
  return sum;
}

std::string session_record::content() const {
  std::string text;
  for (std::uint32_t i = 0; i < total; ++i) text += content_of(chunk_key(i), 0, chunks[i].length);
  return text;
}

expectation ledger::expect(session_record& session, chunk_record* chunk) {
  ++requests;
  expectation now{&session,          chunk,         0,        false,       0, session.cancelled,
                  session.assembled, session.named, crashes_, world_.now()};
  if (chunk != nullptr) {
    now.floor = chunk->floor;
    now.created = chunk->created;
    now.removals = chunk->removals;
  }
  return now;
}

std::string ledger::name_of(const expectation& then) const {
  if (then.chunk == nullptr) return then.session->id;
  return fmt::format("{} chunk {}", then.session->id, then.chunk - then.session->chunks.data());
}

bool ledger::applies(const expectation& then) const noexcept {
  if (then.session->excused || then.crashes != crashes_) return false;
  return then.chunk == nullptr || then.chunk->removals == then.removals;
}

void ledger::told_success(const expectation& then, std::string_view by) {
  if (then.cancelled && applies(then) && !may_be_forgotten(*then.session)) {
    world_.violate(fmt::format("{}: {} succeeded though DELETE was answered before", name_of(then), by));
  }
}

void ledger::told_offset(const expectation& then, std::uint64_t offset, std::string_view by) {
  told_success(then, by);
  // A tombstone that has had its time is gone: whoever begins anew under that name has another session.
  if (then.session->cancel_begun && may_be_forgotten(*then.session)) then.session->excused = true;
  if (!applies(then)) return;
  chunk_record& chunk = *then.chunk;
  if (offset < then.floor) {
    world_.violate(
        fmt::format("{}: {} says {} bytes, {} were acknowledged before", name_of(then), by, offset, then.floor));
  }
  if (offset > chunk.length || offset > chunk.sent) {
    world_.violate(fmt::format("{}: {} says {} bytes of {}, but only {} were ever sent", name_of(then), by, offset,
                               chunk.length, chunk.sent));
  }
  // What a HEAD learns may have landed long before; a PATCH that is answered has touched the session since it was
  // asked.
  if (by == "PATCH") then.session->moved_at = std::max(then.session->moved_at, then.asked_at);
  if (chunk.unsettled) return;
  chunk.created = true;
  chunk.floor = std::max(chunk.floor, offset);
  if (is_promised(chunk)) then.session->moved_sealed_at = then.session->moved_at;
}

bool ledger::may_have_expired(const session_record& one) const noexcept {
  return plan_.expire_seconds > 0 && !one.assembled &&
         world_.now() - one.moved_at >= std::chrono::seconds{plan_.expire_seconds};
}

bool ledger::may_be_forgotten(const session_record& one) const noexcept {
  return plan_.expire_seconds > 0 && world_.now() - one.cancel_began >= std::chrono::seconds{plan_.expire_seconds};
}

void ledger::told_absent(const expectation& then, int status, std::string_view by) {
  if (!applies(then) || then.session->cancel_begun) return;
  if (may_have_expired(*then.session)) {
    // Gone with everything that was told of it; whoever begins anew under its name has another session.
    if (status == 410 || then.created) then.session->excused = then.session->expired = true;
    return;
  }
  if (status == 410) {
    world_.violate(fmt::format("{}: {} says it is gone, and nobody removed it", name_of(then), by));
  } else if (then.created || then.assembled) {
    world_.violate(fmt::format("{}: {} does not find it, though it was acknowledged", name_of(then), by));
  }
}

void ledger::told_assembled(const expectation& then) {
  told_success(then, "a status");
  if (applies(then) && !then.session->cancel_begun) then.session->assembled = true;
}

void ledger::told_named(const expectation& then) {
  if (applies(then) && !then.session->cancel_begun) then.session->named = true;
}

void ledger::told_name(const expectation& then, std::string_view name) {
  if (!then.named || !applies(then) || then.session->cancel_begun || name == then.session->name) return;
  world_.violate(fmt::format("{}: it is called \"{}\", and was told to be \"{}\" before", name_of(then), name,
                             then.session->name));
}

void ledger::told_cancelled(session_record& session) {
  session.cancelled = true;
}

void ledger::told_recording(const expectation& then, std::string_view bytes) {
  told_assembled(then);
  if (then.session->excused) return;
  const std::string right = then.session->content();
  if (bytes == right) return;
  const auto differs = std::ranges::mismatch(bytes, right);
  world_.violate(fmt::format("{}: the recording has {} bytes of {}, and differs from byte {} on", name_of(then),
                             bytes.size(), right.size(), differs.in1 - bytes.begin()));
}

void ledger::told_part(const expectation& then, std::string_view bytes, std::uint64_t from) {
  told_assembled(then);
  if (then.session->excused) return;
  if (then.session->content().compare(static_cast<std::size_t>(from), bytes.size(), bytes) != 0) {
    world_.violate(fmt::format("{}: {} bytes of the recording from {} on are not what was sent", name_of(then),
                               bytes.size(), from));
  }
}

void ledger::removal_begins(chunk_record& chunk) {
  ++chunk.removals;
  chunk.floor = chunk.sealed = 0;
  chunk.created = chunk.created_sealed = false;
}

void ledger::removal_ends(chunk_record& chunk) {
  removal_begins(chunk);
}

void ledger::server_starts() noexcept {
  for (session_record& session : sessions) {
    for (chunk_record& chunk : session.chunks) chunk.unsettled = false;
  }
}

void ledger::stopped_cleanly() {
  for (session_record& session : sessions) {
    session.moved_sealed_at = session.moved_at;
    for (chunk_record& chunk : session.chunks) {
      chunk.sealed = chunk.floor;
      chunk.created_sealed = chunk.created;
    }
  }
}

bool ledger::is_promised(const chunk_record& chunk) const noexcept {
  const bool complete = chunk.created && chunk.floor == chunk.length;
  return plan_.level == store::durability::patch || (plan_.level == store::durability::chunk && complete);
}

void ledger::fall_back(chunk_record& chunk) const noexcept {
  if (!is_promised(chunk)) chunk.floor = chunk.sealed;
}

void ledger::machine_crashed() {
  ++crashes_;
  for (session_record& session : sessions) {
    if (lied_) session.excused = true;
    // The facts that went with the bytes said when they came.
    session.moved_at = session.moved_sealed_at;
    if (plan_.level == store::durability::none) session.named = false;
    if (session.assembled) continue;
    for (chunk_record& chunk : session.chunks) {
      fall_back(chunk);
      if (plan_.level == store::durability::none) chunk.created = chunk.created_sealed;
    }
  }
}

void ledger::only_vouched_holds() {
  ++crashes_;
  for (session_record& session : sessions) {
    if (session.assembled) continue;
    for (chunk_record& chunk : session.chunks) fall_back(chunk);
  }
}

}  // namespace wf::sim
