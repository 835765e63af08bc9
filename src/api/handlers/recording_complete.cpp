#include <utility>

#include "waveforge/api/completion.hpp"
#include "waveforge/api/error_map.hpp"
#include "waveforge/api/fallback_fields.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/small_body.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/http/media_type.hpp"

namespace wf::api::handlers {

namespace {

[[nodiscard]] result<completion_fields> read_body(std::string_view content_type, const std::string& body) {
  if (body.empty()) return completion_fields{};
  const auto type = http::media_type::parse(content_type);
  if (type.has_value() && type->is("application/json")) return read_completion_json(body);
  if (type.has_value() && type->is("multipart/form-data")) return read_completion_form(content_type, body);
  if (type.has_value() && type->is("application/x-www-form-urlencoded")) {
    const auto values = http::form_values::parse(body);
    if (!values) return fail(values.error());
    return read_completion(*values);
  }
  return fail(errc::unsupported_media,
              "The body must be application/json, application/x-www-form-urlencoded or multipart/form-data.");
}

[[nodiscard]] result<store::assemble_request> as_request(const context& now, const completion_fields& told) {
  store::assemble_request request;
  const auto id = read_session_id(told.session_id, now.set().id_format);
  if (!id) return fail(id.error());
  request.id = *id;
  const auto total = read_total(told.total_chunks);
  if (!total) return fail(total.error());
  request.total_chunks = *total;
  const auto name = read_name("file_name", told.file_name);
  if (!name) return fail(name.error());
  if (!name->empty()) request.name = *name;
  if (told.metadata.has_value() && !told.metadata->empty()) {
    if (auto object = check_json_object("metadata", *told.metadata); !object) return fail(object.error());
    request.metadata_json = told.metadata;
  }
  return request;
}

}  // namespace

io::task<reply> recording_complete(context& now) {
  const auto type = now.fields().only("Content-Type");
  if (!type) co_return problem(type.error());
  const auto query = http::form_values::parse(now.from.head.query());
  if (!query) co_return problem(query.error());
  auto asked = read_completion(*query);
  if (!asked) co_return problem(asked.error());
  const auto body = co_await read_small_body(now.from.body, limits::small_body_bytes_max);
  if (!body) co_return append_problem(body.error());
  auto told = read_body(type->value_or(""), *body);
  if (!told) co_return problem(told.error());
  const auto request = as_request(now, merge(std::move(*asked), std::move(*told)));
  if (!request) co_return problem(request.error());
  auto answer = co_await complete_recording(now, *request);
  co_return answer;
}

}  // namespace wf::api::handlers
