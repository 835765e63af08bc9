// What expires and what never does: unfinished sessions, pieces and tombstones go, everything somebody may want stays.
#include "waveforge/session/expiry.hpp"

#include <gtest/gtest.h>

namespace wf::session {
namespace {

using namespace std::chrono_literals;

constexpr utc_time start{std::chrono::milliseconds{1'700'000'000'000}};
const expiry_rules week{24h * 7, {}};

recording session_of(state now, bool whole, std::optional<std::uint32_t> total = 1, std::string concat = {}) {
  recording value;
  value.id = session_id::from_stored(concat.empty() ? id_space::recording : id_space::upload, "talk-7").value();
  value.now = now;
  value.created_at = start;
  value.ended_at = start + 1h;
  value.total = total;
  chunk one;
  one.length_bytes = 10;
  one.written_bytes = one.promised_bytes = whole ? 10 : 4;
  one.announced = true;
  one.created_at = start;
  one.touched_at = start + 1h;
  one.concat = std::move(concat);
  value.chunks.add(0, one);
  return value;
}

expiry_step step_of(const recording& value, const expiry_rules& rules, utc_time now) {
  return decide_expiry(value, rules, now).step;
}

TEST(Expiry, AnUnfinishedSessionGoesAWeekAfterItsLastByte) {
  for (const state now : {state::open, state::sealed}) {
    const auto value = session_of(now, false);
    EXPECT_EQ(expires_at(value, week), start + 1h + 24h * 7);
    EXPECT_EQ(step_of(value, week, start + 24h * 7), expiry_step::keep);
    EXPECT_EQ(decide_expiry(value, week, start).at, start + 1h + 24h * 7);
    EXPECT_EQ(step_of(value, week, start + 1h + 24h * 7), expiry_step::expire);
  }
  // Its chunks are complete, but nobody knows whether they are all.
  EXPECT_EQ(step_of(session_of(state::open, true, std::nullopt), week, start + 24h * 8), expiry_step::expire);
}

TEST(Expiry, WhatSomebodyMayWantStays) {
  for (const state now : {state::assembling, state::failed, state::damaged}) {
    const auto value = session_of(now, true);
    EXPECT_EQ(expires_at(value, week), std::nullopt);
    const auto decided = decide_expiry(value, week, start + 24h * 800);
    EXPECT_EQ(decided.step, expiry_step::keep) << name_of(now);
    EXPECT_GT(decided.at, start + 24h * 800);
  }
  EXPECT_EQ(step_of(session_of(state::sealed, true), week, start + 24h * 800), expiry_step::keep);
  EXPECT_EQ(step_of(session_of(state::assembled, true), week, start + 24h * 800), expiry_step::ignore);
}

TEST(Expiry, FinishedRecordingsGoOnlyWhenTheOperatorSaysSo) {
  const expiry_rules rules{24h * 7, 24h};
  const auto value = session_of(state::assembled, true);
  EXPECT_EQ(expires_at(value, rules), start + 25h);
  EXPECT_EQ(step_of(value, rules, start + 24h), expiry_step::keep);
  EXPECT_EQ(step_of(value, rules, start + 25h), expiry_step::expire);
}

TEST(Expiry, PartialUploadsGoWhenTheyAreFinishedToo) {
  const auto value = session_of(state::assembled, true, 1, "partial");
  EXPECT_EQ(expires_at(value, week), start + 1h + 24h * 7);
  EXPECT_EQ(step_of(value, week, start + 24h * 8), expiry_step::expire);
  EXPECT_EQ(step_of(session_of(state::assembled, true, 1, "final;/tus/a /tus/b"), week, start + 24h * 8),
            expiry_step::ignore);
}

TEST(Expiry, PartialUploadsTellWhenTheyGoWhileTheyAreBeingFinished) {
  for (const state now : {state::sealed, state::assembling}) {
    const auto value = session_of(now, true, 1, "partial");
    EXPECT_EQ(expires_at(value, week), start + 1h + 24h * 7) << name_of(now);
    EXPECT_EQ(expires_at(session_of(now, true, 1, "final;/tus/a"), week), std::nullopt) << name_of(now);
  }
}

TEST(Expiry, ATombstoneIsForgottenAWeekAfterItsEnd) {
  for (const state now : {state::cancelled, state::expired}) {
    const auto value = session_of(now, false);
    EXPECT_EQ(expires_at(value, week), std::nullopt);
    EXPECT_EQ(first_look(value, week), start + 1h + 24h * 7);
    EXPECT_EQ(step_of(value, week, start + 24h * 7), expiry_step::keep);
    EXPECT_EQ(step_of(value, week, start + 24h * 8), expiry_step::forget);
  }
}

TEST(Expiry, CanBeTurnedOff) {
  const expiry_rules never{0s, {}};
  for (const state now : {state::open, state::sealed, state::failed, state::cancelled, state::assembled}) {
    EXPECT_EQ(step_of(session_of(now, false), never, start + 24h * 800), expiry_step::ignore) << name_of(now);
    EXPECT_EQ(first_look(session_of(now, false), never), std::nullopt);
  }
}

}  // namespace
}  // namespace wf::session
