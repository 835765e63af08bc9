#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/upload_fields.hpp"

namespace wf::api::handlers {

io::task<reply> head_chunk(context& now) {
  const auto chunk = co_await now.data().settle(now.id, now.index);
  if (!chunk) co_return head_problem(chunk.error());
  co_return describe(*chunk);
}

}  // namespace wf::api::handlers
