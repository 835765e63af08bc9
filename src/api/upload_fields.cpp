#include "waveforge/api/upload_fields.hpp"

#include "waveforge/http/date.hpp"
#include "waveforge/http/media_type.hpp"
#include "waveforge/tus/head.hpp"
#include "waveforge/tus/header_values.hpp"

namespace wf::api {

body_facts look_at_body(const http::field_list& fields, const io::body_source& body) {
  body_facts facts;
  facts.bytes = body.remaining();
  facts.present = facts.bytes != std::uint64_t{0} && !body.done();
  if (!facts.present) facts.bytes = 0;
  const auto type = fields.only("Content-Type");
  if (type && type->has_value()) {
    const auto media = http::media_type::parse(**type);
    facts.is_offset_stream = media.has_value() && media->is(http::offset_octet_stream);
  }
  return facts;
}

result<std::optional<std::uint64_t>> read_bytes_field(const http::field_list& fields, std::string_view name) {
  const auto value = fields.only(name);
  if (!value) return fail(value.error());
  if (!value->has_value()) return std::nullopt;
  const auto bytes = tus::parse_bytes(**value);
  if (!bytes) return fail(tus::explain(bytes.error(), name));
  return *bytes;
}

result<bool> read_defer_length(const http::field_list& fields) {
  constexpr std::string_view name{"Upload-Defer-Length"};
  const auto value = fields.only(name);
  if (!value) return fail(value.error());
  if (!value->has_value()) return false;
  const auto deferred = tus::parse_defer_length(**value);
  if (!deferred) return fail(tus::explain(deferred.error(), name));
  return *deferred;
}

tus::upload_state state_of(const store::chunk_view& chunk) noexcept {
  tus::upload_state upload;
  if (chunk.session_state == session::state::cancelled) upload.where = tus::presence::cancelled;
  if (chunk.session_state == session::state::expired) upload.where = tus::presence::expired;
  if (chunk.concat.starts_with("partial")) upload.role = tus::upload_role::partial;
  if (chunk.concat.starts_with("final")) upload.role = tus::upload_role::final_;
  upload.offset_bytes = chunk.offset_bytes;
  upload.length_bytes = chunk.length_bytes;
  upload.closed = session::is_past_ingest(chunk.session_state);
  return upload;
}

std::string http_date(utc_time at) {
  const http::date_text text = http::format_date(std::chrono::floor<std::chrono::seconds>(at));
  return std::string{http::as_view(text)};
}

void tell_expiry(reply& answer, const store::chunk_view& chunk) {
  if (chunk.expires_at.has_value()) answer.set("Upload-Expires", http_date(*chunk.expires_at));
}

void tell_progress(reply& answer, const store::chunk_view& chunk) {
  answer.set("Upload-Offset", std::to_string(chunk.offset_bytes));
  tell_expiry(answer, chunk);
}

reply describe(const store::chunk_view& chunk) {
  reply answer;
  const tus::head_answer told = tus::answer_head(state_of(chunk));
  if (told.offset_bytes.has_value()) answer.set("Upload-Offset", std::to_string(*told.offset_bytes));
  if (told.length_bytes.has_value()) answer.set("Upload-Length", std::to_string(*told.length_bytes));
  if (told.length_deferred) answer.set("Upload-Defer-Length", "1");
  if (!chunk.metadata.empty()) answer.set("Upload-Metadata", chunk.metadata);
  if (!chunk.concat.empty()) answer.set("Upload-Concat", chunk.concat);
  tell_expiry(answer, chunk);
  answer.set("Cache-Control", "no-store");
  return answer;
}

}  // namespace wf::api
