#include "waveforge/api/preconditions.hpp"

#include <optional>

#include "waveforge/api/etag.hpp"
#include "waveforge/http/date.hpp"
#include "waveforge/http/entity_tag.hpp"

namespace wf::api {

namespace {

[[nodiscard]] bool is_matched(const http::field_list& fields, std::string_view etag) {
  const auto current = http::parse_entity_tag(etag);
  bool matched = false;
  fields.find_all("If-Match", [&](std::string_view value) {
    matched = current.has_value() && http::match_hits(value, *current);
    return !matched;
  });
  return matched;
}

[[nodiscard]] std::optional<std::chrono::sys_seconds> date_in(const http::field_list& fields, std::string_view name) {
  const auto text = fields.find(name);
  return text.has_value() && fields.count(name) == 1 ? http::parse_date(*text) : std::nullopt;
}

}  // namespace

precondition judge_preconditions(const http::field_list& fields, std::string_view etag, utc_time modified_at) {
  const auto modified = std::chrono::floor<std::chrono::seconds>(modified_at);
  if (fields.count("If-Match") != 0) {
    if (!is_matched(fields, etag)) return precondition::failed;
  } else if (const auto since = date_in(fields, "If-Unmodified-Since"); since.has_value() && modified > *since) {
    return precondition::failed;
  }
  if (fields.count("If-None-Match") != 0) {
    return is_known_already(fields, etag) ? precondition::not_modified : precondition::holds;
  }
  const auto since = date_in(fields, "If-Modified-Since");
  return since.has_value() && modified <= *since ? precondition::not_modified : precondition::holds;
}

}  // namespace wf::api
