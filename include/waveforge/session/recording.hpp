#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waveforge/session/chunk_map.hpp"
#include "waveforge/session/placement.hpp"
#include "waveforge/session/session_id.hpp"
#include "waveforge/session/state.hpp"

namespace wf::session {

/// Everything a session is, as a value: what the facts say of it and nothing else.
struct recording {
  session_id id{};
  state now{state::open};
  utc_time created_at{};
  utc_time ended_at{};  ///< assembled, cancelled or expired
  placement layout{};
  std::optional<std::uint64_t> chunk_size_bytes{};
  std::optional<std::uint32_t> total{};
  std::string name{};
  std::string format{};
  std::optional<std::uint64_t> duration_ms{};
  std::string late_metadata{};  ///< JSON object given with `complete`, verbatim
  std::string failure{};
  std::string concat{};  ///< Upload-Concat of a final upload
  // Of a finished recording:
  std::string file_name{};  ///< "recording.webm"
  std::uint64_t size_bytes{0};
  std::optional<std::array<std::uint8_t, 32>> sha256{};
  std::uint8_t plan{0};  ///< plan_kind while assembling, 0 else

  chunk_map chunks{};

  [[nodiscard]] utc_time updated_at() const noexcept;
  /// The total is known and every chunk below it is promised.
  [[nodiscard]] bool ready_to_assemble() const noexcept {
    return now == state::sealed && total.has_value() && chunks.all_complete(*total);
  }
};

/// "recording.webm" for a client's format ("webm", "audio/webm;codecs=opus") or, failing that, the extension of its
/// name; only from an allow-list, else "recording.bin".
[[nodiscard]] std::string recording_file_name(std::string_view format, std::string_view name);
/// Media type that goes with a recording's file name; application/octet-stream for what is not audio or video.
[[nodiscard]] std::string_view media_type_of(std::string_view file_name) noexcept;
/// The same for a recording that has its file name, and more exactly: its format tells video from audio where one
/// extension stands for both.
[[nodiscard]] std::string_view media_type_of(const recording& value);

}  // namespace wf::session
