#include "waveforge/api/fallback_fields.hpp"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "waveforge/api/completion.hpp"
#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/http/multipart.hpp"
#include "waveforge/tus/metadata.hpp"

namespace wf::api {

namespace {

[[nodiscard]] std::optional<std::string>* member_of(completion_fields& fields, std::string_view name) noexcept {
  if (name == "session_id") return &fields.session_id;
  if (name == "file_name") return &fields.file_name;
  if (name == "metadata") return &fields.metadata;
  if (name == "total_chunks") return &fields.total_chunks;
  return nullptr;
}

[[nodiscard]] result<void> put(completion_fields& fields, std::string_view name, std::string value) {
  std::optional<std::string>* const member = member_of(fields, name);
  if (member == nullptr) return {};
  if (member->has_value()) return fail(errc::bad_request, "The field " + std::string{name} + " came twice.");
  *member = std::move(value);
  return {};
}

/// A JSON value as a form would carry it; nullopt for null.
[[nodiscard]] std::optional<std::string> as_text(const simdjson::dom::element& value) {
  if (value.is_null()) return std::nullopt;
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string{text};
  return simdjson::minify(value);
}

}  // namespace

result<session::session_id> read_session_id(std::optional<std::string_view> text, session::id_format format) {
  if (!text.has_value()) return fail(errc::bad_request, "The field session_id is missing.");
  return session::session_id::parse(*text, format);
}

result<chunk_index> read_chunk_index(std::optional<std::string_view> text) {
  const auto index = text.has_value() ? tus::parse_chunk_index(*text) : std::nullopt;
  if (!index.has_value()) {
    return fail(errc::bad_request,
                "The field chunk_index must be a decimal number without leading zeros, 0 to 999999.");
  }
  return *index;
}

result<std::optional<std::uint32_t>> read_total(std::optional<std::string_view> text) {
  if (!text.has_value() || text->empty()) return std::nullopt;
  const auto total = parse_total_chunks(*text);
  if (!total) return fail(total.error());
  return *total;
}

result<std::string> read_name(std::string_view field, std::optional<std::string_view> text) {
  const std::string_view name = text.value_or("");
  const bool printable =
      std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!printable || !is_utf8(name)) {
    return fail(errc::bad_request, "The field " + std::string{field} + " must be UTF-8 without control characters.");
  }
  return std::string{name};
}

result<completion_fields> read_completion(const http::form_values& values) {
  completion_fields fields;
  for (const auto& [name, value] : values.pairs()) {
    if (auto ok = put(fields, name, value); !ok) return fail(std::move(ok).error());
  }
  return fields;
}

result<completion_fields> read_completion_json(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body).get_object().get(object) != simdjson::SUCCESS) {
    return fail(errc::bad_request, R"(The body must be a JSON object such as {"session_id": "…", "file_name": "…"}.)");
  }
  completion_fields fields;
  for (const auto& [name, value] : object) {
    auto text = as_text(value);
    if (!text.has_value()) continue;
    if (auto ok = put(fields, name, std::move(*text)); !ok) return fail(std::move(ok).error());
  }
  return fields;
}

result<completion_fields> read_completion_form(std::string_view content_type, std::string_view body) {
  using event = http::multipart_parser::event;
  auto parser = http::multipart_parser::for_content_type(content_type);
  if (!parser) return fail(std::move(parser).error());
  completion_fields fields;
  std::string value;
  std::span<const std::byte> rest = std::as_bytes(std::span{body});
  while (!rest.empty()) {
    const auto next = parser->next(rest);
    rest = rest.subspan(next.consumed_bytes);
    if (next.what == event::part_data) value.append(reinterpret_cast<const char*>(next.data.data()), next.data.size());
    if (next.what == event::refused) return fail(errc::bad_request, std::string{parser->why().detail});
    if (next.what == event::part_begin) value.clear();
    if (next.what != event::part_end) continue;
    if (auto ok = put(fields, parser->part().disposition.name, value); !ok) return fail(std::move(ok).error());
  }
  if (const auto why = parser->end_of_body(); why.has_value()) {
    return fail(errc::bad_request, std::string{why->detail});
  }
  return fields;
}

completion_fields merge(completion_fields under, completion_fields over) {
  if (over.session_id.has_value()) under.session_id = std::move(over.session_id);
  if (over.file_name.has_value()) under.file_name = std::move(over.file_name);
  if (over.metadata.has_value()) under.metadata = std::move(over.metadata);
  if (over.total_chunks.has_value()) under.total_chunks = std::move(over.total_chunks);
  return under;
}

result<void> check_json_object(std::string_view field, const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(text).get_object().get(object) != simdjson::SUCCESS) {
    return fail(errc::bad_request, "The field " + std::string{field} + " must be a JSON object.");
  }
  return {};
}

}  // namespace wf::api
