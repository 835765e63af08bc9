#include <simdjson.h>

#include <utility>

#include "waveforge/api/completion.hpp"
#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/small_body.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::api::handlers {

namespace {

[[nodiscard]] result<std::optional<std::uint32_t>> read_total(const std::string& body) {
  if (body.empty()) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body).get_object().get(object) != simdjson::SUCCESS) {
    return fail(errc::bad_request, R"(The body must be empty or a JSON object such as {"total_chunks": 12}.)");
  }
  simdjson::dom::element total;
  if (object["total_chunks"].get(total) != simdjson::SUCCESS || total.is_null()) return std::nullopt;
  std::uint64_t number = 0;
  if (total.get_uint64().get(number) != simdjson::SUCCESS) number = 0;
  const auto checked = check_total_chunks(number);
  if (!checked) return fail(checked.error());
  return *checked;
}

}  // namespace

io::task<reply> assemble(context& now) {
  const auto body = co_await read_small_body(now.from.body, limits::small_body_bytes_max);
  if (!body) co_return append_problem(body.error());
  const auto total = read_total(*body);
  if (!total) co_return problem(total.error());
  auto answer = co_await complete_recording(now, {now.id, *total, {}, {}});
  co_return answer;
}

}  // namespace wf::api::handlers
