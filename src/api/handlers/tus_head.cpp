#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/upload_fields.hpp"

namespace wf::api::handlers {

io::task<reply> tus_head(context& now) {
  const auto upload = co_await now.data().settle(now.id, chunk_index{0});
  if (!upload) co_return head_problem(upload.error());
  co_return describe(*upload);
}

}  // namespace wf::api::handlers
