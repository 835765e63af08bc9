#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "waveforge/session/recording.hpp"

namespace wf::session {

/// How long what is kept.
struct expiry_rules {
  /// An unfinished session after its last byte, a tombstone after its end. Zero or less: for ever.
  std::chrono::seconds unfinished{std::chrono::hours{24 * 7}};
  /// A finished recording after it was finished; nullopt: for ever.
  std::optional<std::chrono::seconds> recordings{};
};

/// When the session's bytes go if nothing more happens to it (tus 1.0.0, Expiration); nullopt: it stays as it is.
///
/// Unfinished sessions go, and so do partial uploads, finished or not: they are pieces of something else. Finished
/// recordings stay unless the rules say otherwise; sessions whose chunks are all there, and failed or damaged ones,
/// always stay, because somebody may still want to save them.
[[nodiscard]] std::optional<utc_time> expires_at(const recording& value, const expiry_rules& rules) noexcept;

enum class expiry_step : std::uint8_t {
  keep,    ///< look again at `at`
  ignore,  ///< nothing is to be done as long as it stays what it is
  expire,  ///< its bytes go, a tombstone stays
  forget,  ///< the tombstone goes
};

struct expiry_decision {
  expiry_step step{expiry_step::ignore};
  utc_time at{};
};

/// What is to be done about a session whose time may have come.
[[nodiscard]] expiry_decision decide_expiry(const recording& value, const expiry_rules& rules, utc_time now) noexcept;

/// When a session of this state must be looked at first; nullopt: no need to.
[[nodiscard]] std::optional<utc_time> first_look(const recording& value, const expiry_rules& rules) noexcept;

}  // namespace wf::session
