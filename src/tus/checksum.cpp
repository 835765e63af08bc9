#include "waveforge/tus/checksum.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "waveforge/tus/base64.hpp"

namespace wf::tus {

namespace {

constexpr std::string_view field_name = "Upload-Checksum";

[[nodiscard]] std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

}  // namespace

result<checksum> parse_upload_checksum(std::string_view value) {
  const std::size_t space = value.find(' ');
  const std::string_view name = value.substr(0, space);
  const auto known = std::ranges::find(checksum_names, name);
  if (known == checksum_names.end()) {
    return fail(errc::bad_request, fmt::format("{} must be an algorithm, one space and a base64 digest; known are {}.",
                                               field_name, fmt::join(checksum_names, ", ")));
  }
  checksum sent;
  sent.algorithm = static_cast<checksum_algorithm>(known - checksum_names.begin());
  if (space == std::string_view::npos || !decode_base64(value.substr(space + 1), sent.digest)) {
    return fail(errc::bad_request,
                fmt::format("{}: after `{} ` a base64 digest must follow, padding included.", field_name, name));
  }
  return sent;
}

result<checksum_plan> plan_checksum(const http::field_list& fields, bool chunked) {
  const auto value = fields.only(field_name);
  if (!value) return fail(value.error());
  const bool announced = fields.has_member("Trailer", field_name);
  if (announced && *value) {
    return fail(errc::bad_request, "Upload-Checksum is both a header and an announced trailer; send one of them.");
  }
  if (announced) {
    if (!chunked) return fail(errc::bad_request, "A trailer needs Transfer-Encoding: chunked.");
    return checksum_plan{checksum_source::trailer, std::nullopt};
  }
  if (!*value) return checksum_plan{};
  auto sent = parse_upload_checksum(**value);
  if (!sent) return fail(std::move(sent.error()));
  return checksum_plan{checksum_source::header, std::move(*sent)};
}

result<checksum> read_checksum_trailer(const http::field_list& trailers) {
  const auto value = trailers.only(field_name);
  if (!value) return fail(value.error());
  if (!*value) return fail(errc::bad_request, "The trailer Upload-Checksum was announced and did not come.");
  return parse_upload_checksum(**value);
}

result<void> judge_checksum(const checksum& expected, std::string_view computed) {
  if (expected.digest == computed) return {};
  return fail(errc::checksum_mismatch, fmt::format("The body has {} {}, Upload-Checksum says {}.",
                                                   name_of(expected.algorithm), hex(computed), hex(expected.digest)));
}

}  // namespace wf::tus
