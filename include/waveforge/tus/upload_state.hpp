#pragma once

#include <cstdint>
#include <optional>

#include "waveforge/base/error.hpp"

namespace wf::tus {

/// What is left of an upload that is no longer there, or that it is there.
enum class presence : std::uint8_t {
  live,
  unknown,    ///< never existed, or nothing remembers it
  expired,    ///< a tombstone says its time ran out
  cancelled,  ///< a tombstone says its owner removed it
};

enum class upload_role : std::uint8_t {
  single,   ///< an upload of its own, or a chunk of a session
  partial,  ///< tus 1.0.0, Concatenation: to be joined later
  final_,   ///< joined from partial uploads; never written to
};

/// One upload or one chunk, as far as the rules of tus ask about it. Plain values, filled by whoever keeps them.
struct upload_state {
  presence where{presence::live};
  upload_role role{upload_role::single};
  std::uint64_t offset_bytes{0};
  std::optional<std::uint64_t> length_bytes{};  ///< nullopt: deferred
  bool closed{false};                           ///< being assembled or assembled: takes no further bytes

  [[nodiscard]] constexpr bool complete() const noexcept { return length_bytes && offset_bytes == *length_bytes; }
};

/// `unknown`, `expired` or `cancelled` as an `error` (not_found, expired, cancelled) with a sentence.
[[nodiscard]] error explain(presence why);

}  // namespace wf::tus
