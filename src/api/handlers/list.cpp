#include <algorithm>
#include <utility>

#include "waveforge/api/auth.hpp"
#include "waveforge/api/completion.hpp"
#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/session_json.hpp"
#include "waveforge/base/json_writer.hpp"
#include "waveforge/http/form_urlencoded.hpp"

namespace wf::api::handlers {

namespace {

constexpr std::uint32_t lines_default = 100;
/// A page is one piece of memory and one read of the facts.
constexpr std::uint32_t lines_max = 1'000;

[[nodiscard]] std::string page_json(const store::session_page& page) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  json.key("sessions").begin_array();
  for (const store::session_line& line : page.lines) {
    json.begin_object();
    json.key("session_id").value(line.id.text());
    json.key("state").value(session::name_of(line.state));
    json.key("uploaded_chunks").value(line.chunks_complete);
    json.key("total_chunks");
    if (line.total_chunks.has_value()) {
      json.value(*line.total_chunks);
    } else {
      json.null();
    }
    json.key("bytes_received").value(line.bytes_received);
    json.key("recording_name").value(line.recording_name);
    json.key("created_at").value(rfc3339(line.created_at));
    json.key("updated_at").value(rfc3339(line.updated_at));
    json.end_object();
  }
  json.end_array();
  json.key("next");
  if (page.next.empty()) {
    json.null();
  } else {
    json.value(page.next);
  }
  json.end_object();
  return text;
}

}  // namespace

/// GET /files?after=…&limit=…: every session, a page at a time. The operator's alone.
io::task<reply> list(context& now) {
  if (const auto operator_asks = judge_operator(now.fields(), now.set().operator_token); !operator_asks) {
    co_return problem(operator_asks.error());
  }
  const auto query = http::form_values::parse(now.from.head.query());
  if (!query) co_return problem(query.error());
  std::uint32_t count = lines_default;
  if (const auto limit = query->find("limit"); limit.has_value()) {
    const auto told = parse_total_chunks(*limit);
    if (!told)
      co_return problem({errc::bad_request, "limit must be a number; at most 1000 sessions are listed at a time.", 0});
    count = std::min(*told, lines_max);
  }
  const auto page = co_await now.data().list(std::string{query->find("after").value_or("")}, count);
  if (!page) co_return problem(page.error());
  reply answer;
  answer.set("Content-Type", "application/json");
  answer.set("Cache-Control", "no-store");
  answer.body = page_json(*page);
  co_return answer;
}

}  // namespace wf::api::handlers
