// Proves that what was begun comes to its end without being asked for: an assembly that failed for a reason that
// passes, one for which there was no room, and those for which the queue had no place.
#include "waveforge/store/unfinished_work.hpp"

#include <filesystem>

#include "support/file_store_fixture.hpp"
#include "waveforge/base/units.hpp"

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

}  // namespace
}  // namespace wf::store
