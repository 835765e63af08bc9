#pragma once

#include <cstdint>

#include "waveforge/base/error.hpp"
#include "waveforge/tus/upload_state.hpp"

namespace wf::tus {

enum class terminate_verdict : std::uint8_t {
  terminate,
  unknown,
  expired,
  cancelled,
  closed,  ///< a chunk that is, or is becoming, part of a recording; the session can be deleted, the chunk cannot
};

/// tus 1.0.0, Termination: finished or not, an upload that is there can be removed.
[[nodiscard]] constexpr terminate_verdict judge_terminate(const upload_state& upload) noexcept {
  switch (upload.where) {
    case presence::unknown: return terminate_verdict::unknown;
    case presence::expired: return terminate_verdict::expired;
    case presence::cancelled: return terminate_verdict::cancelled;
    case presence::live: break;
  }
  return upload.closed ? terminate_verdict::closed : terminate_verdict::terminate;
}

/// Every verdict but `terminate` as an `error` with a sentence.
[[nodiscard]] error explain(terminate_verdict why);

static_assert(judge_terminate({.offset_bytes = 7, .length_bytes = 7}) == terminate_verdict::terminate);
static_assert(judge_terminate({.closed = true}) == terminate_verdict::closed);
static_assert(judge_terminate({.where = presence::cancelled}) == terminate_verdict::cancelled);

}  // namespace wf::tus
