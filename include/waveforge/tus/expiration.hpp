#pragma once

#include <chrono>
#include <optional>

#include "waveforge/base/clock.hpp"
#include "waveforge/tus/upload_state.hpp"

namespace wf::tus {

/// When an upload that stays as it is goes away (tus 1.0.0, Expiration). Counted from the last byte or the creation. A
/// complete upload never expires by this rule; a partial one does even when complete, because it waits to be joined.
/// nullopt: never. `expire_after` of zero: the operator turned expiration off.
[[nodiscard]] constexpr std::optional<utc_time> expires_at(const upload_state& upload, utc_time last_activity,
                                                           std::chrono::milliseconds expire_after) noexcept {
  if (expire_after <= std::chrono::milliseconds::zero()) return std::nullopt;
  if (upload.where != presence::live || upload.role == upload_role::final_) return std::nullopt;
  if (upload.complete() && upload.role != upload_role::partial) return std::nullopt;
  return last_activity + expire_after;
}

[[nodiscard]] constexpr bool has_expired(const upload_state& upload, utc_time last_activity,
                                         std::chrono::milliseconds expire_after, utc_time now) noexcept {
  const auto when = expires_at(upload, last_activity, expire_after);
  return when && *when <= now;
}

namespace detail {
inline constexpr utc_time epoch{};
inline constexpr std::chrono::milliseconds day{86'400'000};
}  // namespace detail
static_assert(expires_at({.length_bytes = 1}, detail::epoch, detail::day) == detail::epoch + detail::day);
static_assert(!expires_at({.offset_bytes = 1, .length_bytes = 1}, detail::epoch, detail::day));
static_assert(expires_at({.role = upload_role::partial, .offset_bytes = 1, .length_bytes = 1}, detail::epoch,
                         detail::day));
static_assert(has_expired({}, detail::epoch, detail::day, detail::epoch + detail::day));
static_assert(!has_expired({}, detail::epoch, {}, detail::epoch + detail::day));

}  // namespace wf::tus
