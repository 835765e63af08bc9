#include "waveforge/tus/concat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "waveforge/base/limits.hpp"
#include "waveforge/http/chars.hpp"
#include "waveforge/http/host.hpp"

namespace wf::tus {

namespace {

[[nodiscard]] bool is_upload_id(std::string_view text) noexcept {
  const auto allowed = [](char c) noexcept {
    return http::is_digit(c) || (http::to_lower(c) >= 'a' && http::to_lower(c) <= 'z') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= limits::session_token_bytes_max && std::ranges::all_of(text, allowed);
}

[[nodiscard]] concat_verdict judge_part(const upload_state& part, bool unfinished_allowed) noexcept {
  if (part.where != presence::live) return concat_verdict::part_missing;
  if (part.role != upload_role::partial) return concat_verdict::part_not_partial;
  if (part.complete()) return concat_verdict::join;
  return unfinished_allowed ? concat_verdict::join_later : concat_verdict::part_unfinished;
}

}  // namespace

result<concat_request> parse_upload_concat(std::string_view value) {
  if (value == "partial") return concat_request{upload_role::partial, {}};
  constexpr std::string_view final_prefix = "final;";
  if (!value.starts_with(final_prefix)) {
    return fail(errc::bad_request, "Upload-Concat must be `partial`, or `final;` and the URLs of the parts.");
  }
  concat_request request{upload_role::final_, {}};
  for (std::string_view rest = value.substr(final_prefix.size()); !rest.empty();) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    if (space != 0) request.urls.push_back(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  if (request.urls.empty()) return fail(errc::bad_request, "Upload-Concat names no part after `final;`.");
  return request;
}

std::optional<std::string_view> upload_id_from_url(std::string_view url, std::string_view base_path) noexcept {
  const std::size_t authority_at = http::equals_ignoring_case(url.substr(0, 7), "http://")    ? 7
                                   : http::equals_ignoring_case(url.substr(0, 8), "https://") ? 8
                                                                                              : 0;
  if (authority_at != 0) {
    const std::size_t path_at = url.find('/', authority_at);
    if (path_at == std::string_view::npos || path_at == authority_at) return std::nullopt;
    if (!http::is_valid_host(url.substr(authority_at, path_at - authority_at))) return std::nullopt;
    url.remove_prefix(path_at);
  }
  if (url.starts_with('/')) {
    if (!url.starts_with(base_path)) return std::nullopt;
    url.remove_prefix(base_path.size());
  } else if (authority_at != 0) {
    return std::nullopt;
  }
  if (!is_upload_id(url)) return std::nullopt;
  return url;
}

concat_plan judge_concat(std::span<const upload_state> parts, bool unfinished_allowed,
                         std::optional<std::uint64_t> length_bytes_max) noexcept {
  constexpr auto file_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t most = std::min(length_bytes_max.value_or(file_max), file_max);
  concat_plan plan{concat_verdict::join, 0, 0};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const concat_verdict verdict = judge_part(parts[i], unfinished_allowed);
    if (verdict != concat_verdict::join && verdict != concat_verdict::join_later) return {verdict, i, std::nullopt};
    if (verdict == concat_verdict::join_later) plan.verdict = verdict;
    const std::uint64_t at_least = parts[i].length_bytes.value_or(parts[i].offset_bytes);
    if (at_least > most - sum) return {concat_verdict::too_large, i, std::nullopt};
    sum += at_least;
    if (!parts[i].length_bytes) plan.length_bytes = std::nullopt;
  }
  if (plan.length_bytes) plan.length_bytes = sum;
  return plan;
}

error explain(const concat_plan& plan) {
  const std::size_t place = plan.part + 1;
  switch (plan.verdict) {
    case concat_verdict::part_missing:
      return {errc::bad_request, fmt::format("Upload-Concat: part {} is not there or no longer there.", place)};
    case concat_verdict::part_not_partial:
      return {errc::bad_request,
              fmt::format("Upload-Concat: part {} was not created with `Upload-Concat: partial`.", place)};
    case concat_verdict::part_unfinished:
      return {errc::bad_request, fmt::format("Upload-Concat: part {} is not finished; finish it first.", place)};
    case concat_verdict::too_large:
      return {errc::too_large, fmt::format("Upload-Concat: with part {} the upload is over Tus-Max-Size.", place)};
    case concat_verdict::join:
    case concat_verdict::join_later: break;
  }
  return {errc::internal, {}};
}

}  // namespace wf::tus
