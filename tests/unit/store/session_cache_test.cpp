// Proves that the sessions in memory are what the facts say, in this era and in another; that two who ask at once share
// one look-up; and that what leaves memory is what nobody uses, least recently used first.
#include "waveforge/store/session_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/store_parts.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {
namespace {

class SessionCache : public test::store_parts {
 protected:
  void put(const std::vector<fact_write>& rows) { ASSERT_TRUE(rows_.kept.apply(rows, true)); }
  /// A session of one chunk: 100 bytes on stable storage, 300 written in `written_in`.
  void put_session(std::string_view id, session::era written_in = era) {
    session::recording value;
    value.id = id_of(id);
    value.name = "Interview";
    session::chunk one;
    one.length_bytes = 1'000;
    one.where = {session::home::segment, 0, 0};
    one.vouched_bytes = 100;
    put({session_row(value), chunk_row(value.id, 0, one), progress_row(value.id, 0, one, 300, false, written_in)});
  }
  std::shared_ptr<session_entry> find(std::string_view id) {
    auto found = run(sessions_.find(id_of(id)));
    EXPECT_TRUE(found) << found.error().detail;
    return found ? *found : nullptr;
  }
};

TEST_F(SessionCache, LooksASessionUpOnceAndKeepsIt) {
  put_session("one");
  EXPECT_EQ(sessions_.peek(id_of("one")), nullptr);
  const auto entry = find("one");
  EXPECT_TRUE(entry->known);
  EXPECT_EQ(entry->value.name, "Interview");
  EXPECT_EQ(sessions_.peek(id_of("one")), entry);
  const std::size_t gets = rows_.gets;
  EXPECT_EQ(find("one"), entry);
  EXPECT_EQ(rows_.gets, gets);
}

TEST_F(SessionCache, HasAnEntryForWhatDoesNotExistYet) {
  const auto entry = find("new");
  EXPECT_FALSE(entry->known);
  EXPECT_EQ(find("new"), entry) << "two creations of one session must meet";
}

TEST_F(SessionCache, CountsBytesOfThisErasRowsAndFallsBackToWhatWasVouchedInAnother) {
  put_session("same", era);
  put_session("other", era + 1);
  std::map<std::string, bool> unvouched;
  sessions_.on_load([&](std::shared_ptr<session_entry> entry, bool some) -> io::task<result<void>> {
    unvouched[std::string{entry->id().text()}] = some;
    co_return result<void>{};
  });
  EXPECT_EQ(find("same")->value.chunks.find(0)->promised_bytes, 300U);
  EXPECT_EQ(find("same")->value.chunks.find(0)->vouched_bytes, 100U);
  EXPECT_EQ(find("other")->value.chunks.find(0)->promised_bytes, 100U);
  EXPECT_EQ(find("other")->value.chunks.find(0)->written_bytes, 100U);
  EXPECT_THAT(unvouched, testing::ElementsAre(testing::Pair("other", false), testing::Pair("same", true)));
}

TEST_F(SessionCache, TwoWhoAskAtOnceShareOneLookUpAndSeeItWhenItIsReady) {
  put_session("one");
  int adopted = 0;
  io::notifier go;
  sessions_.on_load([&](std::shared_ptr<session_entry>, bool) -> io::task<result<void>> {
    ++adopted;
    co_await go.wait_uninterrupted(0);
    co_return result<void>{};
  });
  test::running first{ring_, sessions_.find(id_of("one"))};
  while (adopted == 0) ring_.turn(false);
  test::running second{ring_, sessions_.find(id_of("one"))};
  for (int turns = 0; turns < 5; ++turns) ring_.turn(false);
  EXPECT_FALSE(second.ended()) << "nobody sees a session that is not fit to be served";
  EXPECT_EQ(sessions_.peek(id_of("one")), nullptr);
  go.notify_all();
  while (!first.ended() || !second.ended()) ring_.turn(true);
  EXPECT_EQ(first.value().value(), second.value().value());
  EXPECT_EQ(adopted, 1);
}

TEST_F(SessionCache, FactsThatCannotBeReadNowAreAskedAgainLater) {
  put_session("one");
  rows_.unreadable = error{errc::io_failed, "the disk does not answer", 0};
  EXPECT_EQ(run(sessions_.find(id_of("one"))).error().code, errc::io_failed);
  EXPECT_EQ(sessions_.size(), 0U);
  rows_.unreadable.reset();
  EXPECT_TRUE(find("one")->known);
}

TEST_F(SessionCache, ARowThatMakesNoSenseIsADamagedSessionWithAReason) {
  put_session("one");
  put({{session::progress_key(id_of("one"), 0), "\xff"}});
  const auto entry = find("one");
  EXPECT_EQ(entry->value.now, session::state::damaged);
  EXPECT_NE(entry->value.failure, "");
}

TEST_F(SessionCache, TellsWhoIsIdleLeastRecentlyUsedFirst) {
  const steady_time now = time_.now();
  int age = 0;
  for (const char* id : {"c", "a", "b", "busy", "alone", "fresh"}) {
    find(id)->used_at = now - std::chrono::minutes{10 - age++};
  }
  find("busy")->operations = 1;
  find("alone")->exclusive = true;
  find("fresh")->used_at = now;
  const auto ids = [](const std::vector<std::shared_ptr<session_entry>>& entries) {
    std::vector<std::string> out;
    for (const auto& one : entries) out.emplace_back(one->id().text());
    return out;
  };
  EXPECT_THAT(ids(sessions_.idle(9, now)), testing::ElementsAre("c", "a", "b"));
  EXPECT_THAT(ids(sessions_.idle(2, now)), testing::ElementsAre("c", "a"));
  find("busy")->operations = 0;
}

TEST_F(SessionCache, ForgetsOnlyWhatNobodyHoldsAndCountsWhatItHas) {
  put_session("one");
  auto entry = find("one");
  (void)find("two");
  EXPECT_EQ(count_.gauges[gauge::sessions_loaded], 2);
  auto held = entry;
  EXPECT_FALSE(sessions_.forget(entry));
  held.reset();
  EXPECT_TRUE(sessions_.forget(entry));
  EXPECT_EQ(sessions_.peek(id_of("one")), nullptr);
  EXPECT_EQ(sessions_.size(), 1U);
  EXPECT_EQ(count_.gauges[gauge::sessions_loaded], 1);
}

}  // namespace
}  // namespace wf::store
