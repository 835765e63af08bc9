#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

/// tus 1.0.0, Termination: what was removed before is gone, not removed again.
io::task<reply> tus_delete(context& now) {
  const auto present = co_await now.data().status(now.id);
  if (!present) co_return problem(present.error());
  const auto removed = co_await now.data().remove(now.id);
  if (!removed) co_return problem(removed.error());
  reply answer;
  answer.status = http::to_number(http::status::no_content);
  co_return answer;
}

}  // namespace wf::api::handlers
