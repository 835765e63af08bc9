#include <utility>

#include "waveforge/api/error_map.hpp"
#include "waveforge/api/etag.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/session_json.hpp"

namespace wf::api::handlers {

io::task<reply> session_status(context& now) {
  const auto view = co_await now.data().status(now.id);
  if (!view) co_return problem(view.error());
  std::string body = session_json(*view);
  const std::string etag = etag_of(body);
  reply answer;
  answer.set("ETag", etag);
  answer.set("Cache-Control", "no-cache");
  if (is_known_already(now.fields(), etag)) {
    answer.status = http::to_number(http::status::not_modified);
    co_return answer;
  }
  answer.set("Content-Type", "application/json");
  answer.body = std::move(body);
  co_return answer;
}

}  // namespace wf::api::handlers
