#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

io::task<reply> metrics(context& now) {
  if (now.with.numbers == nullptr) co_return problem({errc::not_found, "This server keeps no metrics.", 0});
  reply answer;
  answer.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  answer.set("Cache-Control", "no-store");
  answer.body = now.with.numbers->text();
  co_return answer;
}

}  // namespace wf::api::handlers
