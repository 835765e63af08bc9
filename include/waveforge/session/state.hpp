#pragma once

#include <cstdint>
#include <string_view>

namespace wf::session {

/// Where a recording stands. The numbers are stored on disk: they never change meaning.
///
///   open ──► sealed ──► assembling ──► assembled
///     │  total  │  all     │
///     │  known  │ promised └─► failed ──► assembling (retried)
///     └─────────┴──► cancelled | expired          any ──► damaged (facts and files disagree)
enum class state : std::uint8_t {
  open = 0,
  sealed = 1,
  assembling = 2,
  assembled = 3,
  failed = 4,
  damaged = 5,
  cancelled = 6,
  expired = 7,
};

[[nodiscard]] constexpr std::string_view name_of(state value) noexcept {
  switch (value) {
    case state::open: return "open";
    case state::sealed: return "sealed";
    case state::assembling: return "assembling";
    case state::assembled: return "assembled";
    case state::failed: return "failed";
    case state::damaged: return "damaged";
    case state::cancelled: return "cancelled";
    case state::expired: return "expired";
  }
  return "damaged";
}

/// Chunks may be created, appended to, replaced and removed.
[[nodiscard]] constexpr bool accepts_bytes(state value) noexcept {
  return value == state::open || value == state::sealed;
}
/// Only the name and the reason are left.
[[nodiscard]] constexpr bool is_tombstone(state value) noexcept {
  return value == state::cancelled || value == state::expired;
}
/// The bytes are complete and fixed: HEAD says complete, appends are refused.
[[nodiscard]] constexpr bool is_past_ingest(state value) noexcept {
  return value == state::assembling || value == state::assembled || value == state::failed;
}

}  // namespace wf::session
