// Visitors: who looks on, repeats what was said, takes chunks over, and goes away in the middle.
#include <algorithm>

#include "support/sim/workload.hpp"

namespace wf::sim {

script<void> workload::visit() {
  client by{machine_};
  for (unsigned visits = 0; visits < plan_.visits || book_.requests < plan_.requests_least; ++visits) {
    co_await pause{all_, all_.some(0, all_.rng.chance(50'000) ? 3'000'000 : 60'000)};
    // Who only looks on does not knock at a closed door all the time: his visits are for a server that is there.
    while (!machine_.net.listening() && !all_.rng.chance(20'000)) co_await pause{all_, all_.some(10'000, 400'000)};
    const bool nothing_to_see = std::ranges::all_of(
        book_.sessions, [](const session_record& one) { return one.left || (one.excused && one.id.empty()); });
    if (nothing_to_see) co_return;
    upload_state& of = *uploads_[static_cast<std::size_t>(all_.rng.below(uploads_.size()))];
    session_record& session = *of.session;
    if (session.id.empty() || session.left) continue;
    const auto index = static_cast<std::uint32_t>(all_.rng.below(session.total));
    chunk_record& chunk = session.chunks[index];
    std::optional<std::uint64_t> at;
    switch (all_.rng.below(session.plain ? 3 : 9)) {
      case 0:
      case 1:
        if (chunk.created) co_await head(by, session, index, at);
        break;
      case 2:
        // The second wins: whoever writes there now is displaced.
        if (!chunk.created) break;
        co_await head(by, session, index, at);
        if (!at || *at == chunk.length) break;
        all_.fired(fault::writer_displaced);
        co_await patch(by, session, index, at);
        break;
      case 3:
      case 4: co_await status(by, session); break;
      case 5:
        if (chunk.created) static_cast<void>(co_await create(by, of, index, at));
        break;
      case 6:
        // Nothing changes by an offset that is wrong.
        if (!chunk.created || chunk.length < 2) break;
        at = all_.rng.below(chunk.length);
        co_await patch(by, session, index, at);
        break;
      case 7:
        if (plan_.fallback_parts > 0 && chunk.created) {
          static_cast<void>(co_await fall_back(by, of, index));
        } else {
          static_cast<void>(co_await fetch(by, session));
        }
        break;
      default: co_await listen_to_events(by, session); break;
    }
    if (all_.rng.chance(100'000)) by.hang_up(all_.rng.coin());
  }
}

script<void> workload::listen_to_events(client& by, session_record& of) {
  static_cast<void>(book_.expect(of));
  by.hang_up(true);
  client ear{machine_};
  question what;
  what.verb = "GET";
  what.target = "/files/" + of.id + "/events";
  what.patience = all_.some(10'000, 20'000'000);
  // It ends with the listener's patience, with the session, or with the server.
  static_cast<void>(co_await ask(ear, std::move(what)));
}

}  // namespace wf::sim
