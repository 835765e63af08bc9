// How a session ends: put together, looked at, fetched and compared; or cancelled.
#include <simdjson.h>

#include <algorithm>

#include "support/sim/workload.hpp"

namespace wf::sim {

namespace {
/// A pass of the sweeper comes at least once a minute; the pauses between looks grow to five seconds.
constexpr unsigned expiry_looks_max = 40;
}  // namespace

script<void> workload::finish(client& by, upload_state& of) {
  session_record& session = *of.session;
  if (of.to_be_cancelled && all_.rng.coin()) {
    co_await cancel(by, session);
    co_return;
  }
  if (of.leaves) {
    session.left = co_await leave(by, of);
    if (session.left) co_return;
  }
  unsigned failures = 0;
  while (!given_up(session)) {
    const bool asks = !session.assembled && (of.explicit_assembly || failures > 3);
    if (asks || (of.to_be_named && !session.named)) static_cast<void>(co_await ask_to_assemble(by, of));
    if (!session.assembled) co_await status(by, session);
    if (session.assembled) {
      const bool right = co_await fetch(by, session);
      if (right) break;
    } else if (failures % 4 == 3) {
      // A crash may have taken what no level promised: every chunk is seen to once more.
      for (std::uint32_t index = 0; index < session.total; ++index) co_await upload_chunk(by, of, index);
    }
    co_await back_off(failures++);
  }
  if (of.to_be_cancelled && !given_up(session)) co_await cancel(by, session);
  session.done = true;
}

script<bool> workload::leave(client& by, upload_state& of) {
  const session_record& session = *of.session;
  const auto whole = [&session] {
    return std::ranges::all_of(session.chunks, [](const chunk_record& one) {
      return one.created && one.floor == one.length && !one.unsettled;
    });
  };
  bool told = of.total_told_from < session.total && !of.to_be_named;
  for (unsigned failures = 0; !told && whole() && !given_up(session); ++failures) {
    if (failures > 0) co_await back_off(failures);
    told = co_await ask_to_assemble(by, of);
  }
  co_return told&& whole() && !given_up(session);
}

script<void> workload::cancel(client& by, session_record& of) {
  for (unsigned failures = 0; !of.excused; ++failures) {
    const expectation then = book_.expect(of);
    if (!std::exchange(of.cancel_begun, true)) of.cancel_began = all_.now();
    question what;
    what.verb = "DELETE";
    what.target = "/files/" + of.id;
    const answer said = co_await ask(by, std::move(what));
    if (said && (said->status == 204 || said->status == 410)) {
      if (book_.applies(then)) book_.told_cancelled(of);
      all_.fired(fault::session_cancelled);
      co_return;
    }
    // Never made, or made and lost with what no level promises.
    if (said && said->status == 404) co_return;
    co_await back_off(failures);
  }
}

script<bool> workload::ask_to_assemble(client& by, upload_state& of) {
  session_record& session = *of.session;
  const expectation then = book_.expect(session);
  const bool whole = std::ranges::all_of(
      session.chunks, [](const chunk_record& one) { return one.created && one.floor == one.length; });
  question what;
  what.verb = "POST";
  what.target = of.to_be_named ? "/recording/complete" : "/files/" + session.id + "/assemble";
  what.fields = {{"Content-Type", "application/json"}};
  std::string parts;
  if (of.to_be_named) parts = fmt::format(R"("session_id":"{}","file_name":"{}")", session.id, session.name);
  // What no level promised a crash may have taken: only who says how many there are is sure to have them all.
  if (plan_.level == store::durability::none || all_.rng.coin()) {
    parts += fmt::format(R"({}"total_chunks":{})", parts.empty() ? "" : ",", session.total);
  }
  what.body = "{" + parts + "}";
  const answer said = co_await ask(by, std::move(what));
  if (!said) co_return false;
  if (said->ok()) book_.told_success(then, "assemble");
  if (said->ok() && of.to_be_named) book_.told_named(then);
  if (said->status == 200) book_.told_assembled(then);
  if (said->status == 404 || said->status == 410) book_.told_absent(then, said->status, "assemble");
  if (said->status == 409 && whole && book_.applies(then) && !session.cancel_begun) {
    all_.violate(fmt::format("{}: assemble misses chunks that were told complete: {}", session.id, said->body));
  }
  co_return said->ok();
}

script<void> workload::status(client& by, session_record& of) {
  const expectation then = book_.expect(of);
  std::vector<expectation> each;
  for (chunk_record& one : of.chunks) each.push_back(book_.expect(of, &one));
  book_.requests -= of.chunks.size();
  question what;
  what.verb = "GET";
  what.target = "/files/" + of.id + "/status";
  const answer said = co_await ask(by, std::move(what));
  if (!said) co_return;
  if (said->status == 404 || said->status == 410) book_.told_absent(then, said->status, "status");
  if (said->status != 200) co_return;
  simdjson::dom::parser parser;
  simdjson::dom::element told;
  std::string_view state;
  if (parser.parse(said->body).get(told) != simdjson::SUCCESS || told["state"].get(state) != simdjson::SUCCESS) {
    all_.violate("a status that is no JSON: " + said->body);
    co_return;
  }
  book_.told_success(then, "status");
  if (state == "assembled") book_.told_assembled(then);
  if (std::string_view name; told["recording_name"].get(name) == simdjson::SUCCESS) book_.told_name(then, name);
  if (then.assembled && state != "assembled" && !of.excused && !of.cancel_begun) {
    all_.violate(fmt::format("{}: status says {} of a finished recording", of.id, state));
  }
  if (state == "damaged") {
    // Files and facts of an honest disk agree, whatever has happened to them.
    if (!of.excused) all_.violate(fmt::format("{}: status says damaged: {}", of.id, said->body));
    co_return;
  }
  for (const auto number : told["missing_chunks"]) {
    const auto index = static_cast<std::size_t>(number.get_uint64().value());
    if (index >= each.size()) continue;
    if (each[index].floor == of.chunks[index].length) book_.told_offset(each[index], 0, "missing_chunks");
  }
  for (const auto [key, value] : told["partial_chunks"].get_object()) {
    const std::size_t index = static_cast<std::size_t>(std::stoul(std::string{key}));
    if (index < each.size()) book_.told_offset(each[index], value.get_uint64().value(), "partial_chunks");
  }
}

script<void> workload::fetch_part(client& by, session_record& of) {
  const expectation then = book_.expect(of);
  const std::uint64_t total = of.bytes();
  const std::uint64_t first = all_.rng.below(total);
  const std::uint64_t last = all_.rng.between(first, total - 1);
  question what;
  what.verb = "GET";
  what.target = of.plain ? "/tus/" + of.id : "/files/" + of.id + "/recording";
  what.fields = {{"Range", fmt::format("bytes={}-{}", first, last)}};
  const answer said = co_await ask(by, std::move(what));
  if (!said) co_return;
  if (said->status == 404 || said->status == 410) book_.told_absent(then, said->status, "GET of a range");
  if (!said->ok()) co_return;
  all_.fired(fault::range_fetched);
  if (said->status != 206 || said->body.size() != last - first + 1) {
    all_.violate(fmt::format("{}: bytes {}-{} were asked for, {} came with status {}", of.id, first, last,
                             said->body.size(), said->status));
  }
  book_.told_part(then, said->body, first);
}

script<bool> workload::fetch(client& by, session_record& of) {
  if (of.assembled && all_.rng.chance(plan_.range_parts)) co_await fetch_part(by, of);
  const expectation then = book_.expect(of);
  question what;
  what.verb = "GET";
  what.target = of.plain ? "/tus/" + of.id : "/files/" + of.id + "/recording";
  const answer said = co_await ask(by, std::move(what));
  if (!said) co_return false;
  if (said->status == 410) book_.told_absent(then, said->status, "GET recording");
  if (said->status == 404 && then.assembled) book_.told_absent(then, said->status, "GET recording");
  if (said->status != 200) co_return false;
  book_.told_recording(then, said->body);
  co_return true;
}

script<bool> workload::look_for_expiry(client& by, session_record& of) {
  question what;
  what.verb = "GET";
  what.target = of.plain ? "/tus/" + of.id : "/files/" + of.id + "/status";
  const answer said = co_await ask(by, std::move(what));
  if (!said || said->status >= 500) co_return false;
  if (said->status == 404 || said->status == 410) {
    // Not found may also be what a crash has taken the facts of: its files are orphans, and an operator's.
    of.expired = said->status == 410;
    if (of.expired) all_.fired(fault::expired);
    co_return true;
  }
  if (of.plain) co_return true;
  simdjson::dom::parser parser;
  const simdjson::dom::element told = parser.parse(said->body);
  const std::string_view state = told["state"];
  // Sessions whose chunks are all there stay, and whoever was forgotten may have begun anew.
  const bool waits = (state == "open" || state == "sealed") && told["missing_chunks"].get_array().size() > 0;
  co_return !waits || of.excused;
}

script<void> workload::audit(session_record& of) {
  client by{machine_};
  // Of what was left alone only the files are looked at.
  for (unsigned failures = 0; !of.excused && !of.left && !of.id.empty(); ++failures) {
    if (failures > 0) co_await back_off(failures);
    if (of.cancelled) {
      const expectation then = book_.expect(of);
      question what;
      what.verb = "GET";
      what.target = "/files/" + of.id + "/status";
      const answer said = co_await ask(by, std::move(what));
      if (!said || said->status >= 500) continue;
      if (said->ok()) book_.told_success(then, "status");
      if (said->status == 404 && !book_.may_be_forgotten(of))
        all_.violate(of.id + ": its tombstone is gone before its time");
      co_return;
    }
    if (of.cancel_begun) co_return;
    if (plan_.expire_seconds > 0 && !of.assembled) {
      const bool settled = co_await look_for_expiry(by, of);
      if (settled) co_return;
      if (failures > expiry_looks_max) all_.violate(of.id + ": it is unfinished, and its time was over long ago");
      continue;
    }
    if (of.assembled) {
      const bool right = co_await fetch(by, of);
      if (right) co_return;
      continue;
    }
    for (std::uint32_t index = 0; index < of.total; ++index) {
      std::optional<std::uint64_t> at;
      if (of.chunks[index].created) co_await head(by, of, index, at);
    }
    co_return;
  }
}

}  // namespace wf::sim
