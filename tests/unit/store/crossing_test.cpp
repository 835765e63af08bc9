// Proves what becomes of requests of one session that cross: who sends what is there already makes way, what an
// assembly has dropped is not told as stored, and a recording that was promised is made though nobody ever asks again.
#include <filesystem>

#include "support/file_store_fixture.hpp"

namespace wf::store {
namespace {

/// A session whose bodies wait for the disk until release().
class Crossing : public FileStore {
 protected:
  static assemble_request all_of(std::string_view id, std::uint32_t total) {
    assemble_request request;
    request.id = id_of(id);
    request.total_chunks = total;
    return request;
  }
  void begin(std::string_view id, std::uint32_t index) {
    ASSERT_TRUE(run(data().create(creation(id, index, 40'000))));
    memory_body some{text_of(100, 9)};
    ASSERT_TRUE(append(id, index, some, 0));
  }
};

TEST_F(Crossing, WhoSendsAWholeChunkAgainMakesWay) {
  const std::string text = text_of(40'000, 1);
  send("again", 0, text);
  memory_body hanging{text, {.in_hand_bytes = 10, .hang_at = 20'000}};
  const create_request whole = creation("again", 0, {});
  test::running<result<chunk_view>> compared{ring_, data().replace(on_, whole, hanging)};
  while (hanging.taken_bytes() < 20'000) ring_.turn(true);
  const auto told = run(data().settle(id_of("again"), chunk_index{0}));
  ASSERT_TRUE(told) << told.error().detail;
  EXPECT_TRUE(told->complete());
  while (!compared.ended()) ring_.turn(true);
  EXPECT_EQ(compared.value().error().code, errc::displaced);
}

TEST_F(Crossing, WhoSendsAWholeChunkOfAFinishedRecordingAgainDoesNotKeepItFromBeingRemoved) {
  const std::string text = text_of(40'000, 1);
  send("gone", 0, text, 1);
  wait_for("gone", session::state::assembled);
  memory_body hanging{text, {.hang_at = 20'000}};
  const create_request whole = creation("gone", 0, {});
  test::running<result<chunk_view>> compared{ring_, data().replace(on_, whole, hanging)};
  while (hanging.taken_bytes() < 20'000) ring_.turn(true);
  const auto removed = run(data().remove(id_of("gone")));
  ASSERT_TRUE(removed) << removed.error().detail;
  while (!compared.ended()) ring_.turn(true);
  EXPECT_EQ(compared.value().error().code, errc::displaced);
}

TEST_F(Crossing, AWholeChunkBehindTheEndComesTooLate) {
  with_.digest = digest_kind::sha256;
  reopen();
  send("short", 0, text_of(1'000, 1));
  begin("short", 7);
  kernel_.hold(io::op_kind::write);
  const create_request whole = creation("short", 7, {});
  memory_body body{text_of(40'000, 2)};
  test::running<result<chunk_view>> sent{ring_, data().replace(on_, whole, body)};
  while (kernel_.held() == 0) ring_.turn(true);
  ASSERT_TRUE(run(data().assemble(all_of("short", 1))));
  kernel_.release();
  while (!sent.ended()) ring_.turn(true);
  EXPECT_FALSE(sent.value());
  wait_for("short", session::state::assembled);
  EXPECT_EQ(recording("short"), text_of(1'000, 1));
}

TEST_F(Crossing, AChunkThatWasDroppedIsNotToldAsStored) {
  send("drop", 0, text_of(1'000, 1));
  ASSERT_TRUE(run(data().create(creation("drop", 5, 40'000))));
  auto right = run(data().write(id_of("drop"), chunk_index{5})).value();
  kernel_.hold(io::op_kind::write);
  memory_body body{text_of(40'000, 2)};
  test::running<result<chunk_view>> appended{ring_, right->append(on_, body, {})};
  while (kernel_.held() == 0) ring_.turn(true);
  ASSERT_TRUE(run(data().assemble(all_of("drop", 1))));
  kernel_.release();
  while (!appended.ended()) ring_.turn(true);
  const auto told = appended.value();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, errc::not_found);
  right.reset();
  wait_for("drop", session::state::assembled);
}

TEST_F(Crossing, APromisedRecordingIsMadeByTheNextStartThoughNobodyAsks) {
  with_.place = layout::files;
  reopen();
  for (const bool whole : {false, true}) {
    SCOPED_TRACE(whole ? "its last chunk was sent whole" : "its total was told at the end");
    const std::string id = whole ? "whole" : "told";
    send(id, 0, text_of(1'000, 1), whole ? std::optional<std::uint32_t>{2} : std::nullopt);
    kernel_.hold(io::op_kind::make_directory);  // the first thing that an assembly needs
    if (whole) {
      memory_body body{text_of(1'000, 2)};
      ASSERT_TRUE(run(data().replace(on_, creation(id, 1, {}), body)));
    } else {
      ASSERT_TRUE(run(data().assemble(all_of(id, 1))));
    }
    // What a process that dies now leaves.
    options after = with_;
    after.data_dir = home_.path() + "/after_" + id;
    std::filesystem::copy(with_.data_dir, after.data_dir, std::filesystem::copy_options::recursive);
    kernel_.release();
    wait_for(id, session::state::assembled);
    const auto next = store_host::open(world_, after);
    ASSERT_TRUE(next) << next.error().detail;
    EXPECT_TRUE(
        comes_true([&] { return std::filesystem::exists(after.data_dir + "/" + id + "/completed/recording.meta"); }));
  }
}

TEST_F(Crossing, ChunksThatBecomeWholeInTheSameMomentArePutTogetherByTheNextStart) {
  with_.place = layout::files;
  reopen();
  send("both", 0, text_of(1'000, 1), 3);
  kernel_.hold(io::op_kind::sync_data);
  const create_request one = creation("both", 1, {});
  const create_request two = creation("both", 2, {});
  memory_body first{text_of(1'000, 2)};
  memory_body second{text_of(1'000, 3)};
  test::running<result<chunk_view>> sent{ring_, data().replace(on_, one, first)};
  test::running<result<chunk_view>> beside{ring_, data().replace(on_, two, second)};
  ASSERT_TRUE(comes_true([this] { return kernel_.held() != 0; }));
  kernel_.hold(io::op_kind::make_directory);  // the first thing that an assembly needs
  ASSERT_TRUE(comes_true([&] { return sent.ended() && beside.ended(); }));
  ASSERT_TRUE(sent.value() && beside.value());
  // What a process that dies now leaves.
  options after = with_;
  after.data_dir = home_.path() + "/after";
  std::filesystem::copy(with_.data_dir, after.data_dir, std::filesystem::copy_options::recursive);
  kernel_.release();
  const auto next = store_host::open(world_, after);
  ASSERT_TRUE(next) << next.error().detail;
  EXPECT_TRUE(comes_true([&] { return std::filesystem::exists(after.data_dir + "/both/completed/recording.meta"); }));
}

}  // namespace
}  // namespace wf::store
