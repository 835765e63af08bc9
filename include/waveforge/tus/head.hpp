#pragma once

#include <cstdint>
#include <optional>

#include "waveforge/base/error.hpp"
#include "waveforge/tus/upload_state.hpp"

namespace wf::tus {

enum class head_verdict : std::uint8_t { tell, unknown, expired, cancelled };

[[nodiscard]] constexpr head_verdict judge_head(const upload_state& upload) noexcept {
  switch (upload.where) {
    case presence::unknown: return head_verdict::unknown;
    case presence::expired: return head_verdict::expired;
    case presence::cancelled: return head_verdict::cancelled;
    case presence::live: break;
  }
  return head_verdict::tell;
}

/// Which numbers an answer to HEAD carries (tus 1.0.0, HEAD, Creation, Concatenation).
struct head_answer {
  std::optional<std::uint64_t> offset_bytes{};  ///< Upload-Offset; absent for a final upload that is not joined yet
  std::optional<std::uint64_t> length_bytes{};  ///< Upload-Length
  bool length_deferred{false};                  ///< Upload-Defer-Length: 1

  friend constexpr bool operator==(const head_answer&, const head_answer&) = default;
};

[[nodiscard]] constexpr head_answer answer_head(const upload_state& upload) noexcept {
  head_answer answer;
  const bool joining = upload.role == upload_role::final_ && !upload.complete();
  if (!joining) answer.offset_bytes = upload.offset_bytes;
  answer.length_bytes = upload.length_bytes;
  // The length of a final upload is the sum of its parts; it is not the client's to tell, so it is never called
  // deferred.
  answer.length_deferred = !upload.length_bytes && upload.role != upload_role::final_;
  return answer;
}

/// Every verdict but `tell` as an `error` with a sentence.
[[nodiscard]] error explain(head_verdict why);

static_assert(answer_head({.offset_bytes = 0, .length_bytes = 7}) == head_answer{.offset_bytes = 0, .length_bytes = 7});
static_assert(answer_head({.offset_bytes = 3}) == head_answer{.offset_bytes = 3, .length_deferred = true});
static_assert(answer_head({.role = upload_role::final_, .length_bytes = 7}) == head_answer{.length_bytes = 7});

}  // namespace wf::tus
