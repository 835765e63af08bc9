#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/http/fields.hpp"

namespace wf::tus {

enum class checksum_algorithm : std::uint8_t { sha1, sha256, md5, crc32 };

/// In the order of the enumerators, which is also the order in which they are advertised.
inline constexpr std::array<std::string_view, 4> checksum_names{"sha1", "sha256", "md5", "crc32"};

[[nodiscard]] constexpr std::string_view name_of(checksum_algorithm algorithm) noexcept {
  return checksum_names[static_cast<std::size_t>(algorithm)];
}
[[nodiscard]] constexpr std::size_t digest_bytes(checksum_algorithm algorithm) noexcept {
  constexpr std::array<std::size_t, 4> sizes{20, 32, 16, 4};
  return sizes[static_cast<std::size_t>(algorithm)];
}

/// An Upload-Checksum value, taken apart.
struct checksum {
  checksum_algorithm algorithm{checksum_algorithm::sha1};
  /// The bytes sent, whatever their number: a digest of another length is a digest that does not match, not a malformed
  /// request.
  std::string digest{};
};

/// `sha1 base64` (tus 1.0.0, Checksum). Errors: bad_request for an unknown algorithm, which the sentence then lists,
/// for a missing or second space and for bad base64.
[[nodiscard]] result<checksum> parse_upload_checksum(std::string_view value);

/// Where the checksum of a body comes from.
enum class checksum_source : std::uint8_t {
  none,
  header,   ///< known before the body
  trailer,  ///< announced by `Trailer: Upload-Checksum`; the algorithm is known only after the body
};

struct checksum_plan {
  checksum_source source{checksum_source::none};
  std::optional<checksum> expected{};  ///< for `header`
};

/// Errors: bad_request for a malformed or repeated field, for header and announced trailer together (which would be
/// right?), and for an announcement on a body that is not chunked and so has no trailers.
[[nodiscard]] result<checksum_plan> plan_checksum(const http::field_list& fields, bool chunked);

/// The trailer that was announced. Errors: bad_request when it is absent, repeated or malformed; the body is then
/// dropped.
[[nodiscard]] result<checksum> read_checksum_trailer(const http::field_list& trailers);

/// Compares a computed digest with the one sent. Errors: checksum_mismatch, with both in the sentence.
[[nodiscard]] result<void> judge_checksum(const checksum& expected, std::string_view computed);

}  // namespace wf::tus
