#include "waveforge/net/answer_head.hpp"

#include <optional>

#include "waveforge/http/head_writer.hpp"

namespace wf::net {

namespace {

/// nullopt: made while it is sent.
std::optional<std::uint64_t> length_of(const api::reply& answer) {
  if (const auto* text = std::get_if<std::string>(&answer.body)) return text->size();
  if (const auto* file = std::get_if<api::file_body>(&answer.body)) return file->length_bytes;
  if (const auto* memory = std::get_if<api::static_body>(&answer.body)) return memory->bytes.size();
  if (std::holds_alternative<std::monostate>(answer.body)) return std::uint64_t{0};
  return std::nullopt;
}

body_framing_out framing_of(const api::reply& answer, const answer_terms& terms,
                            std::optional<std::uint64_t> length_bytes) {
  if (terms.verb == http::method::head || http::forbids_body(http::status{answer.status}) || length_bytes == 0) {
    return body_framing_out::none;
  }
  if (length_bytes) return body_framing_out::length;
  return terms.version_minor == 0 ? body_framing_out::until_close : body_framing_out::chunked;
}

}  // namespace

result<answer_head> write_answer_head(const api::reply& answer, const answer_terms& terms, std::string_view date) {
  const auto length_bytes = length_of(answer);
  answer_head out;
  out.framing = framing_of(answer, terms, length_bytes);
  out.keep_alive = terms.keep_alive && out.framing != body_framing_out::until_close;
  out.text.reserve(512);
  http::head_writer writer{out.text};
  writer.begin(http::status{answer.status}).field("Date", date);
  for (const auto& [name, value] : answer.fields) writer.field(name, value);
  switch (out.framing) {
    case body_framing_out::length: writer.content_length(*length_bytes); break;
    case body_framing_out::chunked: writer.chunked(); break;
    case body_framing_out::until_close: writer.until_close(); break;
    case body_framing_out::none:
      // The answer to HEAD tells what GET would have sent, and for a stream nothing is known about that.
      if (terms.verb == http::method::head && length_bytes.value_or(0) > 0) {
        writer.content_length(*length_bytes);
      } else if (length_bytes) {
        writer.no_body();
      }
      break;
  }
  writer.connection(out.keep_alive, terms.version_minor);
  const auto head = writer.finish();
  if (!head) return fail(head.error());
  return out;
}

}  // namespace wf::net
