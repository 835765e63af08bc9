// Rows wait behind held rows of the same chunk, or of a session as a whole, and behind no others.
#include "waveforge/store/held_rows.hpp"

#include <gtest/gtest.h>

#include "waveforge/session/fact.hpp"

namespace wf::store {
namespace {

session::session_id upload(std::string_view text) {
  return session::session_id::from_stored(session::id_space::upload, text).value();
}

class HeldRows : public testing::Test {
 protected:
  static std::vector<fact_write> row(std::string key) { return {{std::move(key), std::nullopt}}; }
  [[nodiscard]] bool waits(std::string key) const { return held_.concern(row(std::move(key))); }

  const session::session_id mine_ = upload("mine");
  const session::session_id other_ = upload("mine2");
  held_rows held_;
};

TEST_F(HeldRows, NothingWaitsBehindNothing) {
  EXPECT_FALSE(waits(session::session_key(mine_)));
}

TEST_F(HeldRows, AChunkWaitsForItsOwnRowsAndForThoseOfItsSession) {
  held_.hold(row(session::chunk_key(mine_, 3)));
  EXPECT_TRUE(waits(session::chunk_key(mine_, 3)));
  EXPECT_TRUE(waits(session::progress_key(mine_, 3)));
  EXPECT_FALSE(waits(session::progress_key(mine_, 4)));
  EXPECT_FALSE(waits(session::progress_key(other_, 3)));
  held_.hold(row(session::work_key(mine_)));
  EXPECT_TRUE(waits(session::progress_key(mine_, 4)));
  EXPECT_FALSE(waits(session::session_key(other_)));
}

TEST_F(HeldRows, ASessionAsAWholeWaitsForAllItsChunks) {
  held_.hold(row(session::progress_key(mine_, 3)));
  EXPECT_TRUE(waits(session::session_key(mine_)));
  EXPECT_TRUE(waits(session::expiry_key(utc_time{}, mine_)));
  EXPECT_FALSE(waits(session::expiry_key(utc_time{}, other_)));
}

TEST_F(HeldRows, OneOfSeveralIsEnough) {
  held_.hold(row(session::progress_key(mine_, 3)));
  const std::vector<fact_write> both{{session::progress_key(other_, 3), std::nullopt},
                                     {session::progress_key(mine_, 3), std::nullopt}};
  EXPECT_TRUE(held_.concern(both));
}

TEST_F(HeldRows, WhatIsHeldTwiceIsLetGoTwice) {
  for (const std::string& key : {session::session_key(mine_), session::chunk_key(mine_, 3)}) {
    held_.hold(row(key));
    held_.hold(row(key));
    held_.let_go(row(key));
    EXPECT_TRUE(waits(key));
    held_.let_go(row(key));
    EXPECT_FALSE(waits(key));
    EXPECT_FALSE(waits(session::session_key(mine_)));
  }
}

}  // namespace
}  // namespace wf::store
