#include <utility>

#include "waveforge/api/handlers.hpp"
#include "waveforge/base/json_writer.hpp"
#include "waveforge/tus/header_values.hpp"

namespace wf::api::handlers {

io::task<reply> version(context& now) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  json.key("name").value("waveforge");
  json.key("version").value(now.set().software_version);
  json.key("tus").value(tus::protocol_version);
  json.end_object();
  reply answer;
  answer.set("Content-Type", "application/json");
  answer.set("Cache-Control", "no-cache");
  answer.body = std::move(text);
  co_return answer;
}

}  // namespace wf::api::handlers
