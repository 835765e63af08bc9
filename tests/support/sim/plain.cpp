// A plain tus client with one file: create, PATCH, HEAD, and read it back.
#include "support/sim/workload.hpp"

namespace wf::sim {

script<void> workload::plain_upload(upload_state& of) {
  session_record& session = *of.session;
  chunk_record& chunk = session.chunks[0];
  client by{machine_};
  std::optional<std::uint64_t> at;
  for (unsigned failures = 0; !session.excused && !session.done;) {
    if (session.id.empty() || (!chunk.created && !at)) {
      // A lost answer leaves an upload that nobody knows: the next one has another address.
      session.id.clear();
      chunk = chunk_record{.length = chunk.length, .removals = chunk.removals + 1};
      const expectation then = book_.expect(session, &chunk);
      question what;
      what.verb = "POST";
      what.target = "/tus/";
      what.fields = {{"Tus-Resumable", "1.0.0"}, {"Upload-Length", std::to_string(chunk.length)}};
      const answer said = co_await ask(by, std::move(what));
      if (said && said->status == 201 && said->fields.contains("location")) {
        session.id = said->fields.at("location").substr(5);
        at = 0;
        book_.told_offset(then, 0, "POST");
        failures = 0;
        continue;
      }
    } else if (!at) {
      co_await head(by, session, 0, at);
      if (at) continue;
    } else if (*at < chunk.length) {
      const auto before = at;
      co_await patch(by, session, 0, at);
      if (at && at != before) {
        failures = 0;
        continue;
      }
    } else {
      session.done = co_await fetch(by, session);
      if (session.done) co_return;
      at.reset();
    }
    co_await back_off(++failures);
  }
}

}  // namespace wf::sim
