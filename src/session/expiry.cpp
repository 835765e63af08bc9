#include "waveforge/session/expiry.hpp"

namespace wf::session {

namespace {

bool is_partial_upload(const recording& value) noexcept {
  const chunk* first = value.chunks.find(0);
  return value.id.space() == id_space::upload && first != nullptr && first->concat == "partial";
}

bool for_ever(const expiry_rules& rules) noexcept {
  return rules.unfinished <= std::chrono::seconds::zero();
}

/// A session that is being finished, or that somebody must see to, is looked at again this much later.
utc_time later(const expiry_rules& rules, utc_time now) noexcept {
  return now + rules.unfinished;
}

}  // namespace

std::optional<utc_time> expires_at(const recording& value, const expiry_rules& rules) noexcept {
  if (value.now == state::assembled && !is_partial_upload(value)) {
    if (!rules.recordings) return std::nullopt;
    return value.ended_at + *rules.recordings;
  }
  if (for_ever(rules)) return std::nullopt;
  if (value.now == state::assembled) return value.ended_at + rules.unfinished;
  const bool whole = value.now == state::assembling || value.ready_to_assemble();
  // A piece goes like an unfinished upload, also while it is being finished.
  if (whole && is_partial_upload(value)) return value.updated_at() + rules.unfinished;
  if (whole || !accepts_bytes(value.now)) return std::nullopt;
  return value.updated_at() + rules.unfinished;
}

expiry_decision decide_expiry(const recording& value, const expiry_rules& rules, utc_time now) noexcept {
  const auto due = [now](utc_time at, expiry_step then) {
    return at <= now ? expiry_decision{then, at} : expiry_decision{expiry_step::keep, at};
  };
  if (is_tombstone(value.now)) {
    return for_ever(rules) ? expiry_decision{} : due(value.ended_at + rules.unfinished, expiry_step::forget);
  }
  if (const auto at = expires_at(value, rules)) return due(*at, expiry_step::expire);
  // A finished recording that stays is not asked about any more; what is neither may yet become either.
  if (value.now == state::assembled || for_ever(rules)) return {};
  return {expiry_step::keep, later(rules, now)};
}

std::optional<utc_time> first_look(const recording& value, const expiry_rules& rules) noexcept {
  if (is_tombstone(value.now)) {
    if (for_ever(rules)) return std::nullopt;
    return value.ended_at + rules.unfinished;
  }
  return expires_at(value, rules);
}

}  // namespace wf::session
