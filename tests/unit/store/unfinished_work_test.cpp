// Proves that what was begun comes to its end without being asked for: an assembly that failed for a reason that
// passes, one for which there was no room, and those for which the queue had no place.
#include "waveforge/store/unfinished_work.hpp"

#include <filesystem>

#include "support/file_store_fixture.hpp"
#include "support/store_parts.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/store/assembler.hpp"
#include "waveforge/store/joiner.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {
namespace {

class UnfinishedWork : public FileStore {
 protected:
  /// Two chunks that an assembly has to bring together, which waits before the first byte.
  void send_and_hold(std::string_view id) {
    send(id, 0, text_of(70'000, 1));
    kernel_.hold(io::op_kind::splice);
    send(id, 1, text_of(70'000, 2), 2);
    EXPECT_TRUE(comes_true([this] { return kernel_.held() != 0; }));
  }
};

TEST_F(UnfinishedWork, AnAssemblyThatFailedForAPassingReasonIsTriedAgainUnasked) {
  with_.place = layout::files;
  reopen();
  send_and_hold("crowd");
  kernel_.fail_next(io::op_kind::rename, EMFILE);
  kernel_.release();
  const auto failed = wait_for("crowd", session::state::failed);
  EXPECT_FALSE(failed.failure.empty());
  const auto view = wait_for("crowd", session::state::assembled);
  EXPECT_TRUE(view.failure.empty());
  EXPECT_EQ(recording("crowd"), text_of(70'000, 1) + text_of(70'000, 2));
}

TEST_F(UnfinishedWork, AnAssemblyWithoutRoomKeepsNoneAndIsMadeWhenThereIsSome) {
  with_.place = layout::files;
  reopen();
  send_and_hold("full");
  kernel_.fail_next(io::op_kind::splice, ENOSPC);
  kernel_.fail_next(io::op_kind::splice, ENOSPC);
  kernel_.say_free(io::space{0, 1_GiB});
  kernel_.release();
  wait_for("full", session::state::failed);
  EXPECT_EQ(std::filesystem::file_size(with_.data_dir + "/full/completed/.recording.tmp"), 0U);
  kernel_.say_free(io::space{1_GiB, 1_GiB});
  wait_for("full", session::state::assembled);
  EXPECT_EQ(recording("full"), text_of(70'000, 1) + text_of(70'000, 2));
}

TEST_F(UnfinishedWork, WhatFindsNoPlaceInTheQueueIsPutTogetherAllTheSame) {
  with_.place = layout::files;
  with_.assemblies_queued_max = 2;
  reopen();
  const auto name = [](int number) { return "many" + std::to_string(number); };
  constexpr int count = 7;  // two run, two wait, the rest have only their rows
  kernel_.hold(io::op_kind::rename);
  for (int i = 0; i < count; ++i) send(name(i), 0, text_of(1'000, static_cast<unsigned>(i)), 1);
  kernel_.release();
  for (int i = 0; i < count; ++i) {
    wait_for(name(i), session::state::assembled);
    EXPECT_EQ(recording(name(i)), text_of(1'000, static_cast<unsigned>(i)));
  }
}

TEST_F(UnfinishedWork, WhatOnlyACleanStopPromisesIsPutTogetherByTheNextStart) {
  ASSERT_TRUE(run(data().create(creation("stop", 0, 5, 1))));
  kernel_.say_free(io::space{64_KiB, 1_GiB});  // room for the bytes, none for what is said of them
  memory_body body{"hello"};
  EXPECT_EQ(append("stop", 0, body, 0).error().code, errc::no_space);
  kernel_.say_free(std::nullopt);
  reopen();
  EXPECT_TRUE(comes_true([this] { return recording("stop") == "hello"; }));
}

/// The rows of an earlier process, whose sessions were removed and lie there yet.
class WorkRows : public test::store_parts {
 protected:
  void TearDown() override {
    kernel_.release();
    run(passes_.close());
    run(beside_.close());
    store_parts::TearDown();
  }
  void put_tombstone(const std::string& id) {
    session::recording gone;
    gone.id = id_of(id);
    gone.now = session::state::cancelled;
    const std::vector<fact_write> rows{session_row(gone), work_row(gone.id)};
    ASSERT_TRUE(rows_.kept.apply(rows, true));
    std::filesystem::create_directories(path_of(id) / "chunks");
  }
  void start() { ASSERT_TRUE(passes_.spawn(work_.run())); }
  [[nodiscard]] bool waits(const std::string& id) const {
    return rows_.kept.all().contains(session::work_key(id_of(id)));
  }
  /// Nothing that was begun takes more turns than this, but for what the disk is asked.
  void settle() {
    for (int turns = 0; turns < 1'000; ++turns) ring_.turn(false);
  }

  io::pipe_pool pipes_{ring_, 1, 64_KiB};
  assembler assembles_{core_, ring_, pipes_};
  remover removes_{core_};
  joiner joins_{core_, ring_, pipes_};
  io::task_scope beside_{ring_};
  io::task_scope passes_{ring_};
  unfinished_work work_{core_, ring_, assembles_, removes_, joins_, beside_};
};

TEST_F(WorkRows, OfAScanThatFailsInItsMiddleNoneIsLost) {
  for (const char* id : {"a", "b", "c"}) put_tombstone(id);
  rows_.breaks_once = {static_cast<char>(session::fact_kind::work)};
  start();
  ASSERT_TRUE(comes_true([this] { return rows_.breaks_once.empty(); }));
  time_.pass(std::chrono::seconds{1});
  EXPECT_TRUE(comes_true([this] { return !waits("a") && !waits("b") && !waits("c"); }));
  EXPECT_FALSE(std::filesystem::exists(path_of("a")));
}

TEST_F(WorkRows, ASessionThatCannotBeReadNowIsReadAgain) {
  for (const char* id : {"a", "b", "c"}) put_tombstone(id);
  rows_.unreadable_row = session::session_key(id_of("b"));
  start();
  EXPECT_TRUE(comes_true([this] { return !waits("a") && !waits("c"); }));
  settle();
  EXPECT_TRUE(waits("b"));
  rows_.unreadable_row.clear();
  time_.pass(std::chrono::seconds{1});
  EXPECT_TRUE(comes_true([this] { return !waits("b"); }));
  EXPECT_FALSE(std::filesystem::exists(path_of("b")));
}

TEST_F(WorkRows, OnlySoManyAreClearedAwayAtOnce) {
  constexpr std::size_t count = 600;
  constexpr std::size_t together_max = 256;
  for (std::size_t i = 0; i < count; ++i) put_tombstone("gone" + std::to_string(i));
  kernel_.hold(io::op_kind::list);
  start();
  EXPECT_TRUE(comes_true([this] { return kernel_.held() >= together_max; }));
  settle();
  EXPECT_EQ(kernel_.held(), together_max);
  EXPECT_EQ(sessions_.size(), together_max) << "the rest is not even loaded";
  kernel_.release();
  EXPECT_TRUE(comes_true([this] { return !waits("gone0") && std::filesystem::is_empty(home_.path()); }));
}

}  // namespace
}  // namespace wf::store
