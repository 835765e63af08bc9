#include "waveforge/api/append.hpp"
#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

io::task<reply> patch_chunk(context& now) {
  auto answer = co_await patch_upload(now, now.index, now.set().chunk_bytes_max);
  co_return answer;
}

}  // namespace wf::api::handlers
