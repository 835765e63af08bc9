#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

io::task<reply> delete_chunk(context& now) {
  const auto removed = co_await now.data().remove_chunk(now.id, now.index);
  if (!removed) co_return problem(removed.error());
  reply answer;
  answer.status = http::to_number(http::status::no_content);
  co_return answer;
}

}  // namespace wf::api::handlers
