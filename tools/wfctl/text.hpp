#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "waveforge/base/clock.hpp"

/// Numbers, times and strangers' words as a person at a terminal wants them. Pure.
namespace wf::ctl {

/// "0 B", "999 B", "1.0 KiB", "12.3 MiB": two or three digits and a binary unit.
[[nodiscard]] std::string human_size(std::uint64_t bytes);
/// "1 234 567": digits in threes, for counts and exact sizes.
[[nodiscard]] std::string human_count(std::uint64_t count);
/// "just now", "5 s ago", "3 min ago", "2 h ago", "4 d ago"; "in 3 min" for what is to come.
[[nodiscard]] std::string human_age(utc_time at, utc_time now);
/// "6.2 s", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string human_duration(std::chrono::milliseconds span);
/// "1 chunk", "2 chunks".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

/// Two lower-case digits a byte.
[[nodiscard]] std::string hex_of(std::span<const std::byte> bytes);

/// What a client wrote, fit for a terminal: control characters, bidirectional overrides and bytes that are not UTF-8
/// become \xNN or \uNNNN, so that a recording's name cannot move the cursor or rewrite the line it stands in.
[[nodiscard]] std::string printable(std::string_view text);
/// Columns that printable() text takes, counting a code point as one.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;
/// At most `columns`, with "…" where something was left out.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);

}  // namespace wf::ctl
