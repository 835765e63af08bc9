#include "waveforge/api/append.hpp"
#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

io::task<reply> tus_patch(context& now) {
  auto answer = co_await patch_upload(now, chunk_index{0}, now.set().tus_bytes_max);
  co_return answer;
}

}  // namespace wf::api::handlers
