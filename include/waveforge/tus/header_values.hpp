#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "waveforge/base/error.hpp"

/// Values of the tus header fields (tus 1.0.0, Headers). Field content comes in with the white space around it
/// stripped.
namespace wf::tus {

inline constexpr std::string_view protocol_version{"1.0.0"};

enum class header_errc : std::uint8_t {
  empty,       ///< nothing where a number must be
  not_digits,  ///< a sign, a fraction, white space or a letter
  too_large,   ///< above INT64_MAX, which is where file offsets end
  not_one,     ///< Upload-Defer-Length takes only 1
};

/// A non-negative integer. Errors: empty | not_digits | too_large.
[[nodiscard]] constexpr tl::expected<std::uint64_t, header_errc> parse_bytes(std::string_view value) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.empty()) return tl::unexpected{header_errc::empty};
  std::uint64_t number = 0;
  bool too_large = false;
  for (const char c : value) {
    if (c < '0' || c > '9') return tl::unexpected{header_errc::not_digits};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    too_large = too_large || number > (most - digit) / 10;
    if (!too_large) number = number * 10 + digit;
  }
  if (too_large) return tl::unexpected{header_errc::too_large};
  return number;
}

/// Upload-Offset: bytes, 0 … INT64_MAX. Errors: empty | not_digits | too_large.
[[nodiscard]] constexpr tl::expected<std::uint64_t, header_errc> parse_upload_offset(std::string_view value) noexcept {
  return parse_bytes(value);
}

/// Upload-Length: bytes, 0 … INT64_MAX. Errors: empty | not_digits | too_large.
[[nodiscard]] constexpr tl::expected<std::uint64_t, header_errc> parse_upload_length(std::string_view value) noexcept {
  return parse_bytes(value);
}

/// Upload-Defer-Length: nothing but "1" (tus 1.0.0, Creation). Out: true. Errors: not_one.
[[nodiscard]] constexpr tl::expected<bool, header_errc> parse_defer_length(std::string_view value) noexcept {
  if (value != "1") return tl::unexpected{header_errc::not_one};
  return true;
}

/// The same failure as an `error` (bad_request) with a sentence that names the field.
[[nodiscard]] error explain(header_errc why, std::string_view field_name);

enum class version_verdict : std::uint8_t { supported, missing, unsupported };

/// Tus-Resumable of a request (tus 1.0.0, Tus-Resumable): it must be there and be exactly ours.
[[nodiscard]] constexpr version_verdict judge_version(std::optional<std::string_view> value) noexcept {
  if (!value) return version_verdict::missing;
  return *value == protocol_version ? version_verdict::supported : version_verdict::unsupported;
}

/// `missing` or `unsupported` as an `error` (unsupported_version).
[[nodiscard]] error explain(version_verdict why);

static_assert(parse_upload_offset("0") == 0U);
static_assert(parse_upload_offset("9223372036854775807") == 9223372036854775807U);
static_assert(parse_upload_offset("").error() == header_errc::empty);
static_assert(parse_upload_offset("+1").error() == header_errc::not_digits);
static_assert(parse_upload_offset("-1").error() == header_errc::not_digits);
static_assert(parse_upload_offset("1.5").error() == header_errc::not_digits);
static_assert(parse_upload_offset("9223372036854775808").error() == header_errc::too_large);
static_assert(parse_upload_offset("99999999999999999999999x").error() == header_errc::not_digits);
static_assert(parse_defer_length("1").value());
static_assert(parse_defer_length("2").error() == header_errc::not_one);
static_assert(judge_version("1.0.0") == version_verdict::supported);
static_assert(judge_version("0.2.2") == version_verdict::unsupported);
static_assert(judge_version(std::nullopt) == version_verdict::missing);

}  // namespace wf::tus
