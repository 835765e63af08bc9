// Proves what a round does and in which order: data and names first, then one batch of facts, then the answers; that it
// is told to everybody who waited and to nobody else; and that a failure is final.
#include "waveforge/store/committer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "support/store_parts.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/session/fact.hpp"

namespace wf::store {
namespace {

class Committer : public test::store_parts {
 protected:
  std::shared_ptr<open_file> file(std::string_view name) {
    auto made = std::make_shared<open_file>();
    made->plain = run(root_->handle.open_file(name, io::open_mode::create)).value();
    made->dirty = true;
    return made;
  }
  static commit_request request_of(std::string_view key, bool sync = false) {
    commit_request request;
    request.rows = {{std::string{key}, "value"}};
    request.sync = sync;
    return request;
  }
  static commit_request request_of(std::string_view key, std::shared_ptr<open_file> data) {
    commit_request request = request_of(key);
    request.files = {std::move(data)};
    return request;
  }
  result<void> commit(commit_request request) { return run(commits_.commit(std::move(request))); }
  void until_held() {
    while (kernel_.held() == 0) ring_.turn(false);
  }
  [[nodiscard]] bool has(std::string_view key) const { return rows_.kept.all().contains(std::string{key}); }
};

TEST_F(Committer, SyncsDataAndNamesBeforeItWritesTheFactsAndTellsAfterwards) {
  auto request = request_of("row", true);
  request.files = {file("data")};
  request.directories = {root_};
  root_->dirty = true;
  request.ended = [&](const result<void>& outcome) { kernel_.note(outcome ? "told" : "refused"); };
  kernel_.forget_events();
  ASSERT_TRUE(commit(std::move(request)));
  kernel_.note("answered");
  EXPECT_LT(kernel_.last_end("sync_data"), kernel_.first_end("apply and sync"));
  EXPECT_LT(kernel_.last_end("sync"), kernel_.first_end("apply and sync"));
  EXPECT_LT(kernel_.first_end("apply and sync"), kernel_.first_end("told"));
  EXPECT_LT(kernel_.first_end("told"), kernel_.first_end("answered"));
  EXPECT_TRUE(has("row"));
}

TEST_F(Committer, SyncsEarlierFactsForWhoeverHasNoneOfHisOwn) {
  ASSERT_TRUE(commit(request_of("one")));
  ASSERT_EQ(rows_.kept.synced(), 0U);
  commit_request seal;
  seal.sync = true;
  ASSERT_TRUE(commit(std::move(seal)));
  EXPECT_EQ(rows_.kept.synced(), 1U);
}

TEST_F(Committer, SyncsTheFactsOnlyIfSomebodyNeedsIt) {
  ASSERT_TRUE(commit(request_of("one")));
  EXPECT_EQ(rows_.kept.synced(), 0U);
  commits_.submit(request_of("two"));
  ASSERT_TRUE(commit(request_of("three", true)));
  EXPECT_EQ(rows_.kept.synced(), 1U);
}

TEST_F(Committer, LeavesAloneWhatNobodyWroteToSinceItsLastSync) {
  const auto data = file("data");
  for (int round = 0; round < 2; ++round) {
    auto request = request_of("row");
    request.files = {data, data};
    ASSERT_TRUE(commit(std::move(request)));
    EXPECT_EQ(kernel_.count("sync_data"), 1U) << "round " << round;
    EXPECT_FALSE(data->dirty);
  }
}

TEST_F(Committer, WhatIsWrittenWhileASyncRunsIsStillToBeSynced) {
  const auto data = file("data");
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("row", data))};
  until_held();
  data->dirty = true;
  kernel_.release();
  while (!round.ended()) ring_.turn(true);
  EXPECT_TRUE(round.value());
  EXPECT_TRUE(data->dirty);
}

TEST_F(Committer, ServesWhoeverComesDuringARoundTogetherInTheNext) {
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("first", file("data")))};
  until_held();
  std::vector<std::string> told;
  for (const char* name : {"a", "b", "c"}) {
    auto request = request_of("same");
    request.files = {file(name)};
    request.rows.front().value = name;
    request.ended = [&told, name](const result<void>&) { told.emplace_back(name); };
    commits_.submit(std::move(request));
  }
  for (int turn = 0; turn < 10; ++turn) ring_.turn(false);
  EXPECT_EQ(rows_.kept.batches(), 0U);
  kernel_.release();
  auto last = request_of("same");
  last.rows.front().value = "last";
  ASSERT_TRUE(commit(std::move(last)));
  EXPECT_EQ(rows_.kept.batches(), 2U);
  EXPECT_THAT(told, testing::ElementsAre("a", "b", "c"));
  EXPECT_EQ(rows_.kept.all().at("same"), "last") << "rows are applied in the order of the requests";
}

TEST_F(Committer, WhoNeedsNoSyncDoesNotWaitForThoseOfOthers) {
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("slow", file("data")))};
  until_held();
  ASSERT_TRUE(commit(request_of("without files")));
  auto clean = request_of("with a clean file");
  clean.files = {file("clean")};
  clean.files.front()->dirty = false;
  ASSERT_TRUE(commit(std::move(clean)));
  EXPECT_TRUE(has("without files"));
  EXPECT_TRUE(has("with a clean file"));
  EXPECT_FALSE(has("slow"));
  EXPECT_FALSE(round.ended());
  kernel_.release();
  while (!round.ended()) ring_.turn(true);
  EXPECT_TRUE(round.value());
  EXPECT_TRUE(has("slow"));
}

TEST_F(Committer, WhoNeedsTheLogSyncedJoinsTheRoundUnderWay) {
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("slow", file("data")))};
  until_held();
  test::running<result<void>> joins{ring_, commits_.commit(request_of("joins", true))};
  test::running<result<void>> next{ring_, commits_.commit(request_of("late", file("late data")))};
  for (int turn = 0; turn < 10; ++turn) ring_.turn(false);
  EXPECT_FALSE(joins.ended());
  kernel_.release();
  while (!joins.ended()) ring_.turn(true);
  EXPECT_TRUE(round.ended());
  EXPECT_EQ(rows_.kept.batches(), 1U);
  EXPECT_EQ(rows_.kept.synced(), 1U);
  while (!next.ended()) ring_.turn(true);
  EXPECT_EQ(rows_.kept.batches(), 2U);
}

TEST_F(Committer, NobodyOvertakesEarlierRowsOfHisSession) {
  const auto id = session::session_id::from_stored(session::id_space::upload, "theirs").value();
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of(session::progress_key(id, 0), file("data")))};
  until_held();
  std::vector<std::string> told;
  for (const std::string& key :
       {session::session_key(id), std::string{"another"}, session::expiry_key(utc_time{}, id)}) {
    auto request = request_of(key);
    request.ended = [&told, key](const result<void>&) { told.push_back(key); };
    commits_.submit(std::move(request));
  }
  for (int turn = 0; turn < 10; ++turn) ring_.turn(false);
  EXPECT_THAT(told, testing::ElementsAre("another"));
  kernel_.release();
  ASSERT_TRUE(commit(request_of(session::work_key(id))));
  EXPECT_TRUE(round.ended());
  EXPECT_THAT(told, testing::ElementsAre("another", session::session_key(id), session::expiry_key(utc_time{}, id)));
}

TEST_F(Committer, WhatIsBeingSyncedIsNotCleanYet) {
  const auto data = file("data");
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("first", data))};
  until_held();
  EXPECT_FALSE(data->dirty);
  EXPECT_TRUE(data->unsynced());
  bool told = false;
  auto second = request_of("second");
  second.files = {data};
  second.ended = [&](const result<void>&) { told = true; };
  commits_.submit(std::move(second));
  for (int turn = 0; turn < 10; ++turn) ring_.turn(false);
  EXPECT_FALSE(told);
  kernel_.release();
  auto last = request_of("second");
  ASSERT_TRUE(commit(std::move(last)));
  EXPECT_TRUE(told);
  EXPECT_FALSE(data->unsynced());
  EXPECT_EQ(kernel_.count("sync_data"), 1U) << "one sync covers both";
}

TEST_F(Committer, AFailedSyncFailsThoseWhoNeedNoneToo) {
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("first", file("data")))};
  until_held();
  kernel_.fail_next(io::op_kind::sync, EIO);
  auto second = request_of("second");
  second.directories = {root_};
  root_->dirty = true;
  commits_.submit(std::move(second));
  kernel_.release();
  auto behind = request_of("second");
  EXPECT_FALSE(commit(std::move(behind)));
  EXPECT_FALSE(commit(request_of("other")));
  EXPECT_FALSE(has("other"));
}

TEST_F(Committer, SyncsAFewFilesOneByOneAndManyByTheFileSystem) {
  for (const std::size_t count : {std::size_t{limits::round_files_max}, std::size_t{limits::round_files_max} + 1}) {
    commit_request request = request_of("row");
    for (std::size_t at = 0; at < count; ++at) request.files.push_back(file("file" + std::to_string(at)));
    const auto files = request.files;
    kernel_.forget_events();
    ASSERT_TRUE(commit(std::move(request)));
    const bool together = count > limits::round_files_max;
    EXPECT_EQ(kernel_.count("sync_data"), together ? 0 : count);
    EXPECT_EQ(kernel_.count("sync_file_system"), together ? 1U : 0U);
    for (const auto& one : files) EXPECT_FALSE(one->dirty);
  }
}

TEST_F(Committer, AFailedSyncIsFinalAndNothingIsAcknowledgedAfterIt) {
  int told = 0;
  commits_.on_failure([&] { ++told; });
  kernel_.fail_next(io::op_kind::sync_data, EIO);
  auto request = request_of("row", true);
  request.files = {file("data")};
  EXPECT_EQ(commit(std::move(request)).error().code, errc::io_failed);
  EXPECT_TRUE(commits_.failed());
  EXPECT_EQ(told, 1);
  // The kernel would say "success" now, and mean nothing by it.
  auto again = request_of("other", true);
  again.files = {file("another")};
  kernel_.forget_events();
  EXPECT_EQ(commit(std::move(again)).error().code, errc::io_failed);
  EXPECT_EQ(kernel_.count("sync"), 0U);
  EXPECT_TRUE(rows_.kept.all().empty());
  EXPECT_EQ(told, 1);
}

TEST_F(Committer, SoAreAFailedDirectoryAndAFailedFileSystem) {
  kernel_.fail_next(io::op_kind::sync_file_system, ENOSPC);
  commit_request request = request_of("row");
  for (int at = 0; at < 20; ++at) request.files.push_back(file("file" + std::to_string(at)));
  EXPECT_FALSE(commit(std::move(request)));
  EXPECT_TRUE(commits_.failed());
}

TEST_F(Committer, OneFailedSyncOfSeveralFailsEverybodyOfItsRound) {
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("first", file("data")))};
  until_held();
  kernel_.fail_next(io::op_kind::sync, EIO);
  std::vector<bool> outcomes;
  for (const bool with_directory : {false, true}) {
    auto request = request_of("later");
    if (with_directory)
      request.directories = {root_};
    else
      request.files = {file("other data")};
    root_->dirty = true;
    request.ended = [&](const result<void>& outcome) { outcomes.push_back(outcome.has_value()); };
    commits_.submit(std::move(request));
  }
  kernel_.release();
  EXPECT_FALSE(commit(request_of("later")));
  EXPECT_TRUE(round.ended());
  EXPECT_TRUE(round.value()) << "the round before it had ended well";
  EXPECT_THAT(outcomes, testing::ElementsAre(false, false));
  EXPECT_FALSE(has("later"));
}

TEST_F(Committer, FactsThatCannotBeWrittenAreFinalToo) {
  rows_.kept.refuse(error{errc::io_failed, "refused", 0});
  EXPECT_FALSE(commit(request_of("row")));
  EXPECT_TRUE(commits_.failed());
  rows_.kept.refuse(std::nullopt);
  EXPECT_FALSE(commit(request_of("row")));
  EXPECT_TRUE(rows_.kept.all().empty());
}

TEST_F(Committer, AFullDiskIsNoFailureAndTheBallastMakesRoomForWhatDeletes) {
  run(spare_.lay_in(0));
  ASSERT_TRUE(std::filesystem::exists(path_of(".ballast")));
  kernel_.say_free(io::space{64_KiB, 1_GiB});
  EXPECT_EQ(commit(request_of("row")).error().code, errc::no_space);
  EXPECT_FALSE(std::filesystem::exists(path_of(".ballast"))) << "it was given up";
  EXPECT_TRUE(rows_.kept.all().empty());
  EXPECT_FALSE(commits_.failed());
  kernel_.say_free(std::nullopt);
  EXPECT_TRUE(commit(request_of("row")));
}

TEST_F(Committer, ACancelledWaiterGoesButItsRowsAreWritten) {
  kernel_.hold(io::op_kind::sync_data);
  test::running<result<void>> round{ring_, commits_.commit(request_of("row", file("data")))};
  until_held();
  round.cancel();
  while (!round.ended()) ring_.turn(true);
  EXPECT_EQ(round.value().error().code, errc::timed_out);
  kernel_.release();
  auto later = request_of("later");
  later.files = {file("other data")};
  ASSERT_TRUE(commit(std::move(later)));
  EXPECT_TRUE(has("row"));
}

TEST_F(Committer, ServesWhoWaitsWhenItStopsAndRefusesWhoComesAfterwards) {
  std::vector<bool> outcomes;
  auto request = request_of("before");
  request.ended = [&](const result<void>& outcome) { outcomes.push_back(outcome.has_value()); };
  commits_.submit(std::move(request));
  commits_.stop();
  auto late = request_of("after");
  late.ended = [&](const result<void>& outcome) { outcomes.push_back(outcome.has_value()); };
  commits_.submit(std::move(late));
  EXPECT_EQ(commit(request_of("after")).error().code, errc::unavailable);
  run(commits_.ended());
  EXPECT_THAT(outcomes, testing::ElementsAre(false, true));
  EXPECT_TRUE(has("before"));
  EXPECT_FALSE(has("after"));
}

}  // namespace
}  // namespace wf::store
