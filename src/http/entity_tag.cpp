#include "waveforge/http/entity_tag.hpp"

#include <algorithm>
#include <cstddef>

#include "waveforge/http/chars.hpp"

namespace wf::http {

namespace {

/// Length of the entity tag at the start of `text`, 0 when there is none. etagc is visible without the quote, and
/// obs-text.
[[nodiscard]] std::size_t tag_length(std::string_view text) noexcept {
  std::size_t at = text.starts_with("W/") ? 2 : 0;
  if (at >= text.size() || text[at] != '"') return 0;
  for (++at; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '"') return at + 1;
    if (c <= 0x20 || c == 0x7f) return 0;
  }
  return 0;
}

}  // namespace

std::optional<entity_tag> parse_entity_tag(std::string_view text) noexcept {
  const std::size_t length = tag_length(text);
  if (length == 0 || length != text.size()) return std::nullopt;
  const bool weak = text.front() == 'W';
  const std::size_t open = weak ? 3 : 1;
  return entity_tag{text.substr(open, length - open - 1), weak};
}

namespace {

[[nodiscard]] bool any_of(std::string_view field, entity_tag current, bool (*equal)(entity_tag, entity_tag)) noexcept {
  if (trim(field) == "*") return true;
  for (;;) {
    // Empty members are allowed (RFC 9110 5.6.1), and a comma may stand inside a tag: the quotes decide.
    while (!field.empty() && (field.front() == ' ' || field.front() == '\t' || field.front() == ','))
      field.remove_prefix(1);
    const std::size_t length = tag_length(field);
    if (length == 0) return false;
    const auto tag = parse_entity_tag(field.substr(0, length));
    if (tag && equal(*tag, current)) return true;
    field.remove_prefix(length);
    if (!trim(field).empty() && trim(field).front() != ',') return false;
  }
}

}  // namespace

bool none_match_hits(std::string_view field, entity_tag current) noexcept {
  return any_of(field, current, equal_weakly);
}

bool match_hits(std::string_view field, entity_tag current) noexcept {
  return any_of(field, current, equal_strongly);
}

bool if_range_holds(std::string_view field, entity_tag current) noexcept {
  const auto tag = parse_entity_tag(field);
  return tag && equal_strongly(*tag, current);
}

}  // namespace wf::http
