#include <memory>
#include <utility>

#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/session_events.hpp"

namespace wf::api::handlers {

/// A stream begins with the present state, so what Last-Event-ID would ask for is there in any case.
io::task<reply> events(context& now) {
  auto view = co_await now.data().status(now.id);
  if (!view) co_return problem(view.error());
  reply answer;
  answer.set("Content-Type", "text/event-stream");
  answer.set("Cache-Control", "no-store");
  answer.set("X-Accel-Buffering", "no");  // nginx would hold events back until it has a buffer full
  answer.body = std::make_unique<session_events>(now.data(), std::move(*view));
  co_return answer;
}

}  // namespace wf::api::handlers
