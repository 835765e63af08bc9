// Proves that what expired goes, when its time has come and not before: bytes first, then the tombstone; and that what
// must stay stays.
#include "waveforge/store/sweeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/store_parts.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Sweeper : public test::store_parts {
 protected:
  Sweeper() { with_.expire_after = core_.with.expire_after = 1h; }
  remover removes_{core_};
  sweeper sweeper_{core_, ring_, removes_};

  /// A session as the facts have it, with its row in the index of times; not in memory.
  void put_session(std::string_view id, session::state now = session::state::open) {
    session::recording value;
    value.id = id_of(id);
    value.now = now;
    value.created_at = value.ended_at = time_.utc_now();
    session::chunk one;
    one.length_bytes = 10;
    one.touched_at = one.created_at = time_.utc_now();
    std::vector<fact_write> rows{session_row(value), chunk_row(value.id, 0, one),
                                 progress_row(value.id, 0, one, 5, true, era)};
    value.chunks.add(0, one);
    add_expiry_row(value, with_.expiry(), rows);
    ASSERT_TRUE(rows_.kept.apply(rows, true));
  }
  void put_files(std::string_view id) {
    const auto entry = run(sessions_.find(id_of(id))).value();
    ASSERT_TRUE(run(entry->files.segment()));
  }
  std::size_t sweep() { return run(sweeper_.sweep()).value(); }
  std::optional<session::state> state_of(std::string_view id) {
    const auto loaded = load_recording(rows_, id_of(id), era).value();
    return loaded ? std::optional{loaded->now} : std::nullopt;
  }
  [[nodiscard]] std::size_t rows_in_index() const {
    const std::string prefix{static_cast<char>(session::fact_kind::expiry)};
    return static_cast<std::size_t>(
        std::ranges::count_if(rows_.kept.all(), [&](const auto& row) { return row.first.starts_with(prefix); }));
  }
};

TEST_F(Sweeper, LeavesAloneWhoseTimeHasNotCome) {
  put_session("sid");
  time_.turn(59min);
  EXPECT_EQ(sweep(), 0U);
  EXPECT_EQ(state_of("sid"), session::state::open);
}

TEST_F(Sweeper, AnUnfinishedSessionBecomesATombstoneAndLaterNothing) {
  put_session("sid");
  put_files("sid");
  time_.turn(61min);
  EXPECT_EQ(sweep(), 1U);
  EXPECT_EQ(state_of("sid"), session::state::expired);
  EXPECT_FALSE(fs::exists(path_of("sid")));
  EXPECT_EQ(count_.counted[counter::sessions_expired], 1U);
  EXPECT_EQ(rows_in_index(), 1U);
  EXPECT_EQ(sweep(), 0U);
  time_.turn(61min);
  EXPECT_EQ(sweep(), 1U);
  EXPECT_EQ(state_of("sid"), std::nullopt);
  EXPECT_TRUE(rows_.kept.all().empty()) << "nothing is left of it";
  const auto entry = run(sessions_.find(id_of("sid"))).value();
  EXPECT_EQ(entry->row_recorded, 0U) << "who begins anew is filed to expire with his first row";
  EXPECT_TRUE(entry->row_is_due() && !entry->finishing);
}

TEST_F(Sweeper, ASessionThatWasWrittenToMeanwhileIsFiledAgain) {
  put_session("sid");
  const auto entry = run(sessions_.find(id_of("sid"))).value();
  time_.turn(61min);
  entry->value.chunks.touch(*entry->value.chunks.find(0), time_.utc_now());
  EXPECT_EQ(sweep(), 1U);
  EXPECT_EQ(state_of("sid"), session::state::open);
  EXPECT_EQ(rows_in_index(), 1U);
  EXPECT_EQ(sweep(), 0U) << "under its new time";
  time_.turn(61min);
  EXPECT_EQ(sweep(), 1U);
  EXPECT_EQ(state_of("sid"), session::state::expired);
}

TEST_F(Sweeper, FinishedAndFailedOnesStay) {
  put_session("finished", session::state::assembled);
  put_session("failed", session::state::failed);
  EXPECT_EQ(rows_in_index(), 0U);
  time_.turn(24h * 365);
  EXPECT_EQ(sweep(), 0U);
  EXPECT_EQ(state_of("finished"), session::state::assembled);
  EXPECT_EQ(state_of("failed"), session::state::failed);
}

TEST_F(Sweeper, FinishedOnesGoWhereThatIsWantedAlsoThoseFromBefore) {
  put_session("sid", session::state::assembled);
  with_.expire_recordings = core_.with.expire_recordings = 2h;
  ASSERT_TRUE(run(sweeper_.file_recordings()));
  time_.turn(1h);
  EXPECT_EQ(sweep(), 0U);
  time_.turn(61min);
  EXPECT_EQ(sweep(), 1U);
  EXPECT_EQ(state_of("sid"), session::state::expired);
}

TEST_F(Sweeper, ARowWhoseSessionIsGoneGoesToo) {
  put_session("sid");
  const std::vector<fact_write> rows{{session::session_key(id_of("sid")), std::nullopt}};
  ASSERT_TRUE(rows_.kept.apply(rows, true));
  time_.turn(61min);
  EXPECT_EQ(sweep(), 1U);
  EXPECT_EQ(rows_in_index(), 0U);
}

TEST_F(Sweeper, TakesManyInBatches) {
  constexpr std::size_t count = 300;
  for (std::size_t at = 0; at < count; ++at) put_session("s" + std::to_string(at));
  time_.turn(61min);
  const std::size_t first = sweep();
  EXPECT_LT(first, count);
  EXPECT_EQ(first + sweep(), count);
  EXPECT_EQ(sweep(), 0U);
}

}  // namespace
}  // namespace wf::store
