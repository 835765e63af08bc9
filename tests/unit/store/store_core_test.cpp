// Proves what happens to bytes whose round failed: whoever asks for them has it made up for, once, and does not wait
// for a disk that stands still.
#include "waveforge/store/store_core.hpp"

#include <gtest/gtest.h>

#include "support/store_parts.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::store {
namespace {

class StoreCore : public test::store_parts {
 protected:
  /// A chunk that was written to its end; the round that was to promise it has failed, and its writer is gone.
  std::shared_ptr<session_entry> with_unpromised_bytes() {
    auto entry = run(sessions_.find(id_of("sid"))).value();
    session::chunk one;
    one.length_bytes = one.written_bytes = 5;
    one.announced = true;
    entry->known = true;
    entry->value.chunks.add(0, std::move(one));
    return entry;
  }
};

TEST_F(StoreCore, HoweverManyAskOneRoundMakesUpForAFailedOne) {
  const auto entry = with_unpromised_bytes();
  test::running<result<void>> one{ring_, core_.settle(entry, 0, true, nullptr)};
  test::running<result<void>> other{ring_, core_.settle(entry, 0, true, nullptr)};
  while (!one.ended() || !other.ended()) ring_.turn(true);
  EXPECT_TRUE(one.value());
  EXPECT_TRUE(other.value());
  EXPECT_EQ(count_.counted[counter::facts_written], 1U);
  EXPECT_TRUE(entry->value.chunks.find(0)->complete());
}

TEST_F(StoreCore, WaitsForSuchARoundNoLongerThanForAWriter) {
  const auto entry = with_unpromised_bytes();
  const auto segment = run(entry->files.segment()).value();
  segment->dirty = true;
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> asked{ring_, core_.settle(entry, 0, true, nullptr)};
  while (kernel_.held() == 0) ring_.turn(true);
  time_.pass(limits::settle_timeout);
  while (!asked.ended()) ring_.turn(false);
  EXPECT_EQ(asked.value().error().code, errc::locked);
  EXPECT_EQ(entry->value.chunks.find(0)->promised_bytes, 0U);

  kernel_.release();
  EXPECT_TRUE(run(core_.settle(entry, 0, true, nullptr)));
  EXPECT_EQ(entry->value.chunks.find(0)->promised_bytes, 5U);
  EXPECT_EQ(count_.counted[counter::facts_written], 1U) << "the round that was under way did it";
}

TEST_F(StoreCore, ALengthWithoutBytesIsNotToldBeforeItsRowIs) {
  const auto entry = with_unpromised_bytes();
  auto& one = *entry->value.chunks.find(0);
  one.length_bytes = 0;
  one.written_bytes = 0;
  one.row_due = true;
  kernel_.say_free(io::space{0, 1});
  EXPECT_EQ(run(core_.settle(entry, 0, true, nullptr)).error().code, errc::locked);
  kernel_.say_free(std::nullopt);
  EXPECT_TRUE(run(core_.settle(entry, 0, true, nullptr)));
  EXPECT_FALSE(one.row_due);
}

}  // namespace
}  // namespace wf::store
