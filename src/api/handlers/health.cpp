#include "waveforge/api/handlers.hpp"

namespace wf::api::handlers {

/// The process answers. Whether it takes uploads is /ready's question.
io::task<reply> health(context&) {
  reply answer;
  answer.set("Content-Type", "application/json");
  answer.set("Cache-Control", "no-store");
  answer.body = std::string{R"({"status":"ok"})"};
  co_return answer;
}

}  // namespace wf::api::handlers
