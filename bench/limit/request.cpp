#include "request.hpp"

#include <strings.h>

#include <charconv>
#include <cstring>

namespace limit {
namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  while (text.starts_with(' ')) text.remove_prefix(1);
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

// Only digits are ever encoded here.
std::uint64_t number_of_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint64_t value = 0;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t at = alphabet.find(c);
    if (at == std::string_view::npos) break;
    bits = (bits << 6U) | static_cast<std::uint32_t>(at);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    value = value * 10 + (((bits >> held) & 0xFFU) - '0');
  }
  return value;
}

std::uint64_t metadata(std::string_view field, std::string_view key) {
  const std::size_t at = field.find(key);
  return at == std::string_view::npos ? 0 : number_of_base64(field.substr(at + key.size()));
}

verb verb_of(std::string_view name) {
  if (name == "PATCH") return verb::patch;
  if (name == "POST") return verb::post;
  if (name == "GET") return verb::get;
  if (name == "HEAD") return verb::head;
  if (name == "DELETE") return verb::remove;
  return verb::other;
}

void take_field(std::string_view line, request& into) {
  if (is(line, "content-length")) into.content_length = number(line.substr(15));
  if (is(line, "upload-offset")) into.upload_offset = number(line.substr(14));
  if (is(line, "upload-length")) into.upload_length = number(line.substr(14));
  if (is(line, "upload-metadata")) {
    into.chunk_index = metadata(line, "chunkIndex ");
    into.chunk_size = metadata(line, "chunkSize ");
  }
}

}  // namespace

std::optional<request> read_request(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  request found;
  found.head_bytes = end + 4;
  std::string_view head = bytes.substr(0, end + 2);
  const std::size_t space = head.find(' ');
  const std::size_t second = head.find(' ', space + 1);
  if (second == std::string_view::npos) return found;
  found.what = verb_of(head.substr(0, space));
  std::string_view path = head.substr(space + 1, second - space - 1);
  constexpr std::string_view prefix = "/files/";
  if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  const std::size_t slash = std::min(path.find('/'), path.size());
  found.session = path.substr(0, slash);
  found.rest = path.substr(slash);
  constexpr std::string_view chunks = "/chunks/";
  if (found.rest.starts_with(chunks)) found.chunk_index = number(found.rest.substr(chunks.size()));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    take_field(head.substr(at, line_end - at), found);
    at = line_end + 2;
  }
  return found;
}

}  // namespace limit
