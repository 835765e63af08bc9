#include "waveforge/api/completion.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "waveforge/api/error_map.hpp"
#include "waveforge/api/session_json.hpp"
#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::api {

namespace {

[[nodiscard]] reply finished(const context& now, const store::session_view& view) {
  const bool there = view.state == session::state::assembled;
  reply answer;
  answer.status = http::to_number(there ? http::status::ok : http::status::accepted);
  answer.set("Content-Type", "application/json");
  answer.set("Cache-Control", "no-store");
  std::string text;
  json_writer json{text};
  json.begin_object();
  json.key("status").value(there ? "assembled" : "assembling");
  write_progress(json, view);
  json.key("recording");
  write_recording(json, view);
  if (there) json.key("url").value(now.link("/files/" + std::string{view.id.text()} + "/recording"));
  json.end_object();
  answer.body = std::move(text);
  return answer;
}

/// What is missing of `total` chunks, when `view` may speak of another total.
[[nodiscard]] session::index_ranges missing_of(const store::session_view& view, std::optional<std::uint32_t> total) {
  session::index_ranges missing = view.missing;
  if (!total.has_value()) return missing;
  missing.cut(*total);
  missing.add(view.chunks_complete + static_cast<std::uint32_t>(view.missing.size()), *total);
  return missing;
}

}  // namespace

result<std::uint32_t> check_total_chunks(std::uint64_t number) {
  if (number < 1 || number > limits::chunks_max) {
    return fail(errc::bad_request,
                "total_chunks must be a number from 1 to " + std::to_string(limits::chunks_max) + ".");
  }
  return static_cast<std::uint32_t>(number);
}

result<std::uint32_t> parse_total_chunks(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) number = 0;
  return check_total_chunks(number);
}

io::task<reply> complete_recording(context& now, store::assemble_request request) {
  const auto view = co_await now.data().assemble(request);
  if (view) co_return finished(now, *view);
  problem_details details;
  if (view.error().code == errc::chunks_missing) {
    const auto present = co_await now.data().status(request.id);
    if (!present) co_return problem(present.error());
    details.missing_chunks = missing_of(*present, request.total_chunks);
  }
  co_return problem(view.error(), details);
}

}  // namespace wf::api
