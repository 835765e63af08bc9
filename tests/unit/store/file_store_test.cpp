// Proves that the file store keeps what it promises on the real ring and the real disk: chunks in any order become one
// recording, restarts lose nothing, and what cannot be done says why.
#include "waveforge/store/file_store.hpp"

#include <gtest/gtest.h>

#include "support/file_store_fixture.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {
namespace {

TEST_F(FileStore, KeepsWhatCameWithTheHeadOfAWriterThatIsDisplacedBeforeItsFirstByte) {
  ASSERT_TRUE(run(data().create(creation("one", 0, 10))));
  auto first = run(data().write(id_of("one"), chunk_index{0})).value();
  test::running<result<chunk_view>> asked{ring_, data().settle(id_of("one"), chunk_index{0})};
  for (int turns = 0; turns < 4; ++turns) ring_.turn(false);
  ASSERT_FALSE(asked.ended()) << "it waits for the writer to let go";
  memory_body begun{"0123456789", {.in_hand_bytes = 6, .hang_at = 6}};
  EXPECT_EQ(run(first->append(on_, begun, {})).error().code, errc::displaced);
  first.reset();
  while (!asked.ended()) ring_.turn(true);
  ASSERT_TRUE(asked.value());
  EXPECT_EQ(asked.value()->offset_bytes, 6U);
}

TEST_F(FileStore, MakesOneRecordingOfChunksInAnyOrder) {
  const std::string a = text_of(300'000, 1);
  const std::string b = text_of(300'000, 2);
  const std::string c = text_of(12'345, 3);
  send("one", 1, b);
  send("one", 2, c, 3);
  send("one", 0, a);
  const auto view = wait_for("one", session::state::assembled);
  EXPECT_EQ(view.recording->size_bytes, a.size() + b.size() + c.size());
  EXPECT_EQ(recording("one"), a + b + c);
}

TEST_F(FileStore, MakesOneRecordingOfIrregularChunks) {
  std::string all;
  for (std::uint32_t i = 0; i < 7; ++i) {
    const std::string text = text_of(1000 + 777 * i * i, i + 1);
    all += text;
    send("odd", i, text, i == 6 ? std::optional<std::uint32_t>{7} : std::nullopt);
  }
  wait_for("odd", session::state::assembled);
  EXPECT_EQ(recording("odd"), all);
}

TEST_F(FileStore, KeepsAFilePerChunkWhenAsked) {
  with_.place = layout::files;
  reopen();
  const std::string a = text_of(5000, 1);
  const std::string b = text_of(5000, 2);
  send("files", 0, a);
  EXPECT_TRUE(std::filesystem::exists(with_.data_dir + "/files/chunks/shard_0000/000000.chunk"));
  send("files", 1, b, 2);
  wait_for("files", session::state::assembled);
  EXPECT_EQ(recording("files"), a + b);
  host_.reset();  // the sources go after the recording was announced
  EXPECT_FALSE(std::filesystem::exists(with_.data_dir + "/files/chunks"));
}

TEST_F(FileStore, AChunkThatIsCreatedAgainAfterItsRemovalHasAFileWithAName) {
  with_.place = layout::files;
  reopen();
  const std::string a = text_of(5000, 1);
  ASSERT_TRUE(run(data().create(creation("anew", 0, a.size()))));
  memory_body half{a.substr(0, 2000)};
  ASSERT_TRUE(append("anew", 0, half, 0));
  ASSERT_TRUE(run(data().remove_chunk(id_of("anew"), chunk_index{0})));
  ASSERT_TRUE(run(data().create(creation("anew", 0, a.size()))));
  memory_body again{a.substr(0, 3000)};
  ASSERT_TRUE(append("anew", 0, again, 0));
  EXPECT_TRUE(std::filesystem::exists(with_.data_dir + "/anew/chunks/shard_0000/000000.chunk"));
  reopen();
  const auto settled = run(data().settle(id_of("anew"), chunk_index{0}));
  ASSERT_TRUE(settled) << settled.error().detail;
  EXPECT_EQ(settled->offset_bytes, 3000U);
}

TEST_F(FileStore, GoesOnAfterARestartAtEveryLevel) {
  for (const durability level : {durability::none, durability::chunk, durability::patch}) {
    with_.level = level;
    reopen();
    const std::string id = "again" + std::string{name_of(level)};
    const std::string a = text_of(200'000, 7);
    ASSERT_TRUE(run(data().create(creation(id, 0, a.size(), 1))));
    memory_body half{a.substr(0, 100'000)};
    ASSERT_TRUE(append(id, 0, half, 0));
    reopen();
    const auto settled = run(data().settle(id_of(id), chunk_index{0}));
    ASSERT_TRUE(settled) << settled.error().detail;
    EXPECT_EQ(settled->offset_bytes, 100'000U);
    memory_body rest{a.substr(100'000)};
    ASSERT_TRUE(append(id, 0, rest, 100'000));
    wait_for(id, session::state::assembled);
    EXPECT_EQ(recording(id), a);
    reopen();
    EXPECT_EQ(run(data().status(id_of(id)))->state, session::state::assembled);
  }
}

TEST_F(FileStore, KeepsThePrefixOfABodyThatBreaksOff) {
  const std::string a = text_of(100'000, 4);
  ASSERT_TRUE(run(data().create(creation("cut", 0, a.size(), 1))));
  memory_body broken{a, {.in_hand_bytes = 1000, .cut_at = 70'001}};
  const auto appended = append("cut", 0, broken, 0);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, errc::peer_gone);
  EXPECT_EQ(run(data().settle(id_of("cut"), chunk_index{0}))->offset_bytes, 70'001U);
}

TEST_F(FileStore, RefusesAnOffsetThatIsNotTheOffset) {
  ASSERT_TRUE(run(data().create(creation("off", 0, 10, 1))));
  memory_body body{"0123456789"};
  const auto appended = append("off", 0, body, 5);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, errc::offset_conflict);
}

TEST_F(FileStore, StoresUpToTheLengthAndNotBeyond) {
  ASSERT_TRUE(run(data().create(creation("long", 0, 10, 2))));
  memory_body body{"0123456789abc", {.chunked = true}};
  const auto appended = append("long", 0, body, 0);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, errc::too_large);
  EXPECT_EQ(run(data().settle(id_of("long"), chunk_index{0}))->offset_bytes, 10U);
}

TEST_F(FileStore, FindsTheSameChunkAgain) {
  ASSERT_TRUE(run(data().create(creation("twice", 0, 10))));
  const auto again = run(data().create(creation("twice", 0, 10)));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->existed);
  const auto other = run(data().create(creation("twice", 0, 11)));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, errc::length_conflict);
  const auto beyond = run(data().create(creation("twice", 3, 10, 2)));
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, errc::bad_request);
}

TEST_F(FileStore, ForgetsACancelledSessionButItsName) {
  send("gone", 0, text_of(5000, 1));
  ASSERT_TRUE(run(data().remove(id_of("gone"))));
  EXPECT_FALSE(std::filesystem::exists(with_.data_dir + "/gone"));
  EXPECT_EQ(run(data().status(id_of("gone"))).error().code, errc::cancelled);
  EXPECT_TRUE(run(data().remove(id_of("gone"))));
  reopen();
  EXPECT_EQ(run(data().create(creation("gone", 0, 10))).error().code, errc::cancelled);
  EXPECT_EQ(run(data().remove(id_of("never"))).error().code, errc::not_found);
}

TEST_F(FileStore, ReplacesAPartialChunkAndComparesACompleteOne) {
  const std::string a = text_of(40'000, 1);
  const std::string b = text_of(40'000, 2);
  ASSERT_TRUE(run(data().create(creation("mix", 0, a.size()))));
  memory_body half{text_of(20'000, 9)};
  ASSERT_TRUE(append("mix", 0, half, 0));
  memory_body broken{a, {.cut_at = 30'000}};
  EXPECT_FALSE(run(data().replace(on_, creation("mix", 0, {}), broken)));
  EXPECT_EQ(run(data().settle(id_of("mix"), chunk_index{0}))->offset_bytes, 20'000U);
  memory_body whole{a, {.chunked = true}};
  const auto replaced = run(data().replace(on_, creation("mix", 0, {}), whole));
  ASSERT_TRUE(replaced) << replaced.error().detail;
  EXPECT_TRUE(replaced->complete());
  memory_body same{a};
  EXPECT_TRUE(run(data().replace(on_, creation("mix", 0, {}), same)));
  memory_body other{b};
  EXPECT_EQ(run(data().replace(on_, creation("mix", 0, {}), other)).error().code, errc::content_conflict);
  send("mix", 1, b, 2);
  wait_for("mix", session::state::assembled);
  EXPECT_EQ(recording("mix"), a + b);
  memory_body late{a};
  EXPECT_TRUE(run(data().replace(on_, creation("mix", 0, {}), late)));
}

TEST_F(FileStore, WhoCreatesAChunkDisplacesWhoSendsItWhole) {
  memory_body hanging{text_of(40'000, 1), {.hang_at = 20'000}};
  const create_request whole = creation("both", 0, {});
  test::running<result<chunk_view>> sent{ring_, data().replace(on_, whole, hanging)};
  const std::string file = with_.data_dir + "/both/chunks/shard_0000/000000.chunk.1";
  while (!std::filesystem::exists(file)) ring_.turn(true);
  // Both rows name a file, and the last one written is what the next start believes.
  const auto created = run(data().create(creation("both", 0, 1000)));
  EXPECT_TRUE(sent.ended());
  hanging.interrupt();
  while (!sent.ended()) ring_.turn(true);
  ASSERT_TRUE(created) << created.error().detail;
  EXPECT_EQ(sent.value().error().code, errc::displaced);
  EXPECT_FALSE(std::filesystem::exists(file));
  send("both", 0, text_of(1000, 2), 1);
  wait_for("both", session::state::assembled);
  EXPECT_EQ(recording("both"), text_of(1000, 2));
}

TEST_F(FileStore, AssemblesWhatIsThereAndSaysWhatIsNot) {
  send("part", 0, text_of(1000, 1));
  ASSERT_TRUE(run(data().create(creation("part", 2, 1000))));
  assemble_request request;
  request.id = id_of("part");
  EXPECT_EQ(run(data().assemble(request)).error().code, errc::chunks_missing);
  request.total_chunks = 1;
  ASSERT_TRUE(run(data().assemble(request)));
  wait_for("part", session::state::assembled);
  EXPECT_EQ(recording("part"), text_of(1000, 1));
  request.name = "Interview";
  const auto renamed = run(data().assemble(request));
  ASSERT_TRUE(renamed);
  EXPECT_EQ(renamed->recording_name, "Interview");
}

TEST_F(FileStore, TakesMoreSessionsThanItMayHaveFilesOpenFor) {
  with_.open_files_max = 16;
  reopen();
  const std::string a = text_of(2'000, 1);
  for (int number = 0; number < 40; ++number) {
    const std::string id = "s" + std::to_string(number);
    ASSERT_TRUE(run(data().create(creation(id, 0, a.size()))));
    memory_body half{a.substr(0, 1'000)};
    const auto appended = append(id, 0, half, 0);
    ASSERT_TRUE(appended) << number << ": " << appended.error().detail;
    ASSERT_LE(open_below_data_dir(), 16U);
  }
  memory_body rest{a.substr(1'000)};
  EXPECT_TRUE(append("s0", 0, rest, 1'000)) << "closed, and opened again";
}

TEST_F(FileStore, AFileThatNobodyWritesToIsClosedAlsoOfASessionAtWork) {
  with_.open_files_max = 16;
  with_.place = layout::files;
  reopen();
  const std::string a = text_of(1'000, 1);
  ASSERT_TRUE(run(data().create(creation("busy", 0, a.size()))));
  const auto at_work = run(data().write(id_of("busy"), chunk_index{0}));
  ASSERT_TRUE(at_work);
  for (std::uint32_t index = 1; index < 40; ++index) {
    send("busy", index, a);
    ASSERT_LE(open_below_data_dir(), 16U);
  }
}

TEST_F(FileStore, AFinishedSessionHasNothingOpen) {
  const std::string a = text_of(5'000, 1);
  send("done", 0, a, 1);
  wait_for("done", session::state::assembled);
  assemble_request late;
  late.id = id_of("done");
  late.metadata_json = R"({"late":true})";
  ASSERT_TRUE(run(data().assemble(late)));
  // The row that says nothing is left to do goes with its directory, in a round that nobody waits for.
  EXPECT_TRUE(comes_true([this] { return open_below_data_dir("/done") == 0; }));
  {
    const auto opened = run(data().open_recording(id_of("done")));
    ASSERT_TRUE(opened);
    EXPECT_EQ(open_below_data_dir("/done"), 1U);
  }
  EXPECT_EQ(open_below_data_dir("/done"), 0U);
}

TEST_F(FileStore, ANameThatComesWhileTheRecordingIsMadeIsInItsRowAndInItsManifest) {
  with_.place = layout::files;
  reopen();
  kernel_.hold(io::op_kind::rename);
  send("late", 0, text_of(5'000, 1));
  send("late", 1, text_of(5'000, 2), 2);
  ASSERT_TRUE(comes_true([this] { return kernel_.held() > 0; }));
  kernel_.forget_events();
  kernel_.hold(io::op_kind::sync);
  ASSERT_TRUE(comes_true([this] { return kernel_.last_end("rename") != kernel_.npos; }));
  // The fact that the recording is there has been made, and waits for its directories.
  ASSERT_TRUE(comes_true([this] { return kernel_.held() > 0; }));
  assemble_request late;
  late.id = id_of("late");
  late.name = "Interview";
  test::running<result<session_view>> asked{ring_, data().assemble(late)};
  for (int turns = 0; turns < 4; ++turns) ring_.turn(false);
  EXPECT_FALSE(asked.ended());
  kernel_.release();
  while (!asked.ended()) ring_.turn(true);
  const auto named = asked.value();
  ASSERT_TRUE(named);
  EXPECT_EQ(named->recording_name, "Interview");
  EXPECT_NE(manifest("late").find("Interview"), std::string::npos);
  reopen();
  const auto again = run(data().status(id_of("late")));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->state, session::state::assembled);
  EXPECT_EQ(again->recording_name, "Interview");
}

TEST_F(FileStore, ANameDoesNotWaitForALongAssembly) {
  kernel_.hold(io::op_kind::rename);
  send("long", 0, text_of(5'000, 1));
  send("long", 1, text_of(5'000, 2), 2);
  ASSERT_TRUE(comes_true([this] { return kernel_.held() > 0; }));
  assemble_request named;
  named.id = id_of("long");
  named.name = "Interview";
  const auto answered = run(data().assemble(named));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->state, session::state::assembling);
  EXPECT_EQ(answered->recording_name, "Interview");
  kernel_.release();
  wait_for("long", session::state::assembled);
  ASSERT_TRUE(run(data().assemble(named))) << "answered when the manifest says so";
  EXPECT_NE(manifest("long").find("Interview"), std::string::npos);
  reopen();
  EXPECT_EQ(run(data().status(id_of("long"))).value().recording_name, "Interview");
}

TEST_F(FileStore, ALateNameIsPutIntoTheManifestByWhoeverAsksAgain) {
  send("late", 0, text_of(5'000, 1), 1);
  wait_for("late", session::state::assembled);
  assemble_request late;
  late.id = id_of("late");
  ASSERT_TRUE(run(data().assemble(late)));
  late.name = "Interview";
  kernel_.fail_next(io::op_kind::rename, EIO);
  ASSERT_FALSE(run(data().assemble(late)));
  EXPECT_EQ(manifest("late").find("Interview"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(with_.data_dir + "/late/completed/.recording.meta.tmp"));
  ASSERT_TRUE(run(data().assemble(late)));
  EXPECT_NE(manifest("late").find("Interview"), std::string::npos);
}

TEST_F(FileStore, ALateNameIsPutIntoTheManifestByTheNextStart) {
  send("late", 0, text_of(5'000, 1), 1);
  wait_for("late", session::state::assembled);
  assemble_request late;
  late.id = id_of("late");
  late.name = "Interview";
  kernel_.fail_next(io::op_kind::rename, EIO);
  ASSERT_FALSE(run(data().assemble(late)));
  reopen();
  EXPECT_TRUE(comes_true([this] { return manifest("late").find("Interview") != std::string::npos; }));
}

TEST_F(FileStore, IsOneServersAtATime) {
  const auto second = store_host::open(world_, with_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::unavailable);
}

TEST_F(FileStore, WhatTheDiskHadNoRoomToPromiseIsPromisedWhenSomebodyAsksAgain) {
  ASSERT_TRUE(run(data().create(creation("sid", 0, std::nullopt, 1))));
  auto right = run(data().write(id_of("sid"), chunk_index{0}));
  ASSERT_TRUE(right);
  memory_body body{"hello"};
  append_options how;
  how.declare_length_bytes = 5;
  kernel_.say_free(io::space{64_KiB, 1_GiB});  // room for the bytes, none for what is said of them
  EXPECT_EQ(run((*right)->append(on_, body, how)).error().code, errc::no_space);
  right->reset();
  EXPECT_EQ(run(data().settle(id_of("sid"), chunk_index{0})).error().code, errc::locked);

  kernel_.say_free(std::nullopt);
  const auto chunk = run(data().settle(id_of("sid"), chunk_index{0}));
  ASSERT_TRUE(chunk) << chunk.error().detail;
  EXPECT_EQ(chunk->offset_bytes, 5U);
  EXPECT_EQ(chunk->length_bytes, 5U) << "the length came with the bytes";
  (void)wait_for("sid", session::state::assembled);
}

TEST_F(FileStore, ALengthThatCameWithRefusedBytesIsNotForgottenWhenTheyAreKept) {
  ASSERT_TRUE(run(data().create(creation("sid", 0, std::nullopt))));
  auto right = run(data().write(id_of("sid"), chunk_index{0}));
  ASSERT_TRUE(right);
  memory_body body{"hello"};
  append_options how;
  how.declare_length_bytes = 5;
  kernel_.say_free(io::space{64_KiB, 1_GiB});
  EXPECT_FALSE(run((*right)->append(on_, body, how)));
  right->reset();
  kernel_.say_free(std::nullopt);
  reopen();  // a clean stop keeps what was written
  const auto chunk = run(data().settle(id_of("sid"), chunk_index{0}));
  ASSERT_TRUE(chunk) << chunk.error().detail;
  EXPECT_EQ(chunk->offset_bytes, 5U);
  EXPECT_EQ(chunk->length_bytes, 5U);
}

}  // namespace
}  // namespace wf::store
