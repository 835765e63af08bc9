#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

io::task<reply> ready(context& now) {
  if (now.with.draining != nullptr && now.with.draining->load(std::memory_order_relaxed)) {
    co_return problem({errc::unavailable, "The server is stopping.", 0});
  }
  if (const auto able = now.data().ready(); !able) {
    // Whatever is wrong, a balancer understands only one answer: not here, not now.
    co_return problem({errc::unavailable, able.error().detail, able.error().os_errno});
  }
  reply answer;
  answer.set("Content-Type", "application/json");
  answer.set("Cache-Control", "no-store");
  answer.body = std::string{R"({"status":"ready"})"};
  co_return answer;
}

}  // namespace wf::api::handlers
