#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/store/options.hpp"

/// Option values as people write them. Pure; every failure is bad_request with a sentence that says what would be
/// right.
namespace wf::server {

/// "5MiB", "1500", "10GB": plain digits are bytes; KiB, MiB, GiB, TiB are powers of 1024, KB, MB, GB, TB of 1000.
[[nodiscard]] result<std::uint64_t> parse_size(std::string_view text);
/// "500ms", "10s", "5m", "12h", "7d"; "0" is nought of any.
[[nodiscard]] result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// Decimal digits between `least` and `most`, both included.
[[nodiscard]] result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);
/// "5%", "10GiB", or both, "5%,10GiB": then the larger counts.
[[nodiscard]] result<store::free_floor> parse_free_floor(std::string_view text);
/// "true", "false", "yes", "no", "on", "off", "1", "0".
[[nodiscard]] result<bool> parse_switch(std::string_view text);

}  // namespace wf::server
