#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

/// Asked again, the answer is the same while the tombstone stays: a client that lost the first one need not wonder.
io::task<reply> cancel(context& now) {
  const auto removed = co_await now.data().remove(now.id);
  if (!removed) co_return problem(removed.error());
  reply answer;
  answer.status = http::to_number(http::status::no_content);
  co_return answer;
}

}  // namespace wf::api::handlers
