#include <utility>

#include "waveforge/api/error_map.hpp"
#include "waveforge/api/fallback_fields.hpp"
#include "waveforge/api/form_body.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/throttle.hpp"
#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::api::handlers {

namespace {

/// Where the chunk goes: form before query.
[[nodiscard]] result<void> read_target(const context& now, const form_body& form, const http::form_values& query,
                                       store::create_request& into) {
  for (const std::string_view name : {"session_id", "chunk_index"}) {
    const auto in_form = form.field(name);
    if (!in_form) return fail(in_form.error());
    const auto in_query = query.only(name);
    if (!in_query) return fail(in_query.error());
    const auto text = in_form->has_value() ? *in_form : *in_query;
    if (name == "session_id") {
      const auto id = read_session_id(text, now.set().id_format);
      if (!id) return fail(id.error());
      into.id = *id;
    } else {
      const auto index = read_chunk_index(text);
      if (!index) return fail(index.error());
      into.index = *index;
    }
  }
  into.length_bytes_max = now.set().chunk_bytes_max;
  return {};
}

/// What the form says of the recording; once more when it has ended.
[[nodiscard]] result<void> read_hints(const form_body& form, store::recording_hints& into) {
  const auto total_text = form.field("total_chunks");
  const auto name_text = form.field("file_name");
  const auto format_text = form.field("format");
  for (const auto* field : {&total_text, &name_text, &format_text}) {
    if (!*field) return fail(field->error());
  }
  const auto total = read_total(*total_text);
  if (!total) return fail(total.error());
  const auto name = read_name("file_name", *name_text);
  if (!name) return fail(name.error());
  const auto format = read_name("format", *format_text);
  if (!format) return fail(format.error());
  into.total_chunks = *total;
  into.name = *name;
  into.format = *format;
  return {};
}

[[nodiscard]] bool names_its_place(const form_body& form) {
  const auto id = form.field("session_id");
  const auto index = form.field("chunk_index");
  return id && id->has_value() && index && index->has_value();
}

[[nodiscard]] reply received(const store::create_request& request, const store::chunk_view& chunk) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  json.key("status").value("chunk_received");
  json.key("session_id").value(request.id.text());
  json.key("chunk_index").value(to_number(request.index));
  json.key("size").value(chunk.offset_bytes);
  json.end_object();
  reply answer;
  answer.set("Content-Type", "application/json");
  answer.set("Cache-Control", "no-store");
  answer.body = std::move(text);
  return answer;
}

/// The place is known: the file goes there as it comes.
io::task<reply> pass_on(context& now, const http::form_values& query, form_body& form) {
  store::create_request request;
  if (const auto target = read_target(now, form, query, request); !target) co_return problem(target.error());
  if (const auto hints = read_hints(form, request.hints); !hints) co_return problem(hints.error());
  auto refused = co_await throttle(now, request.id);
  if (refused.has_value()) co_return std::move(*refused);
  form.at_end([&]() -> result<void> {
    store::create_request told;
    if (auto target = read_target(now, form, query, told); !target) return fail(target.error());
    return read_hints(form, request.hints);
  });
  const auto chunk = co_await now.data().replace(now.from.on, request, form);
  if (!chunk) co_return append_problem(chunk.error());
  co_return received(request, *chunk);
}

/// The file came first: it waits until the form has said where it belongs.
io::task<reply> keep_first(context& now, const http::form_values& query, form_body& form) {
  const auto held = co_await now.data().hold(now.from.on, form, now.set().chunk_bytes_max);
  if (!held) co_return append_problem(held.error());
  store::create_request request;
  if (const auto target = read_target(now, form, query, request); !target) co_return problem(target.error());
  if (const auto hints = read_hints(form, request.hints); !hints) co_return problem(hints.error());
  auto refused = co_await throttle(now, request.id);
  if (refused.has_value()) co_return std::move(*refused);
  const auto chunk = co_await now.data().replace(now.from.on, request, **held);
  if (!chunk) co_return append_problem(chunk.error());
  co_return received(request, *chunk);
}

}  // namespace

io::task<reply> upload_chunk(context& now) {
  const auto type = now.fields().only("Content-Type");
  if (!type) co_return problem(type.error());
  auto parser = http::multipart_parser::for_content_type(type->value_or(""));
  if (!parser) co_return problem(parser.error());
  const std::uint64_t form_bytes_max = now.set().chunk_bytes_max + limits::small_body_bytes_max;
  if (now.from.body.remaining().value_or(0) > form_bytes_max) {
    co_return problem(
        {errc::too_large, "A chunk may have " + std::to_string(now.set().chunk_bytes_max) + " bytes.", 0});
  }
  const auto query = http::form_values::parse(now.from.head.query());
  if (!query) co_return problem(query.error());
  form_body form{now.from.body, std::move(*parser)};
  const auto found = co_await form.find_file();
  if (!found) co_return append_problem(found.error());
  if (!*found) co_return problem({errc::bad_request, "The form has no part named file.", 0});
  if (names_its_place(form)) {
    auto answer = co_await pass_on(now, *query, form);
    co_return answer;
  }
  auto answer = co_await keep_first(now, *query, form);
  co_return answer;
}

}  // namespace wf::api::handlers
