#include "waveforge/tus/header_values.hpp"

#include <fmt/format.h>

namespace wf::tus {

error explain(header_errc why, std::string_view field_name) {
  switch (why) {
    case header_errc::empty:
      return {errc::bad_request, fmt::format("{} is empty; it must be a number of bytes.", field_name)};
    case header_errc::not_digits:
      return {errc::bad_request,
              fmt::format("{} must be a number of bytes: decimal digits and nothing else.", field_name)};
    case header_errc::too_large: return {errc::bad_request, fmt::format("{} must be below 2^63.", field_name)};
    case header_errc::not_one: return {errc::bad_request, fmt::format("{} must be 1.", field_name)};
  }
  return {errc::internal, {}};
}

error explain(version_verdict why) {
  const std::string_view wrong = why == version_verdict::missing ? "missing" : "not a version this server speaks";
  return {errc::unsupported_version,
          fmt::format("Tus-Resumable is {}; send `Tus-Resumable: {}`.", wrong, protocol_version)};
}

}  // namespace wf::tus
