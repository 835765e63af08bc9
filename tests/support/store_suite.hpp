#pragma once

#include "support/store_suite_fixture.hpp"

/// What every store must do, whatever it keeps its bytes in (store.hpp says it in words). A store takes part with a rig
/// (store_suite_fixture.hpp). What its capabilities leave out is not asked of it.
namespace wf::test {

TYPED_TEST_SUITE_P(StoreSuite);

TYPED_TEST_P(StoreSuite, ChunksInAnyOrderBecomeOneRecording) {
  this->send("sid", 1, "second");
  this->send("sid", 2, "end", 3);
  EXPECT_EQ(this->run(this->data().status(this->id_of("sid")))->missing.first(), std::vector<std::uint32_t>{0});
  this->send("sid", 0, "first ");
  const auto view = this->wait_for("sid", session::state::assembled);
  EXPECT_EQ(view.recording->size_bytes, 15U);
  EXPECT_EQ(view.chunks_complete, 3U);
  EXPECT_EQ(this->recording("sid"), "first secondend");
}

TYPED_TEST_P(StoreSuite, AnEmptyChunkIsComplete) {
  ASSERT_TRUE(this->create("sid", 0, 0, 1)->chunk.complete());
  this->wait_for("sid", session::state::assembled);
  EXPECT_EQ(this->recording("sid"), "");
}

TYPED_TEST_P(StoreSuite, TheSameCreationFindsTheSameChunkAndAnotherIsRefused) {
  EXPECT_FALSE(this->create("sid", 0, 10)->existed);
  EXPECT_TRUE(this->create("sid", 0, 10)->existed);
  EXPECT_EQ(this->create("sid", 0, 11).error().code, errc::length_conflict);
  EXPECT_EQ(this->create("sid", 3, 10, 3).error().code, errc::bad_request);
  ASSERT_TRUE(this->create("sid", 1, 10, 3));
  EXPECT_EQ(this->create("sid", 2, 10, 4).error().code, errc::total_conflict);
}

TYPED_TEST_P(StoreSuite, ABrokenBodyIsKeptAndGoneOnWith) {
  ASSERT_TRUE(this->create("sid", 0, 10, 1));
  memory_body broken{"0123456789", {.cut_at = 4}};
  EXPECT_EQ(this->append("sid", 0, broken, 0).error().code, errc::peer_gone);
  EXPECT_EQ(this->offset_of("sid", 0), 4U);
  memory_body again{"0123"};
  EXPECT_EQ(this->append("sid", 0, again, 0).error().code, errc::offset_conflict);
  memory_body rest{"456789"};
  ASSERT_TRUE(this->append("sid", 0, rest, 4));
  this->wait_for("sid", session::state::assembled);
  EXPECT_EQ(this->recording("sid"), "0123456789");
}

TYPED_TEST_P(StoreSuite, NothingGoesPastTheLength) {
  ASSERT_TRUE(this->create("sid", 0, 5, 2));
  memory_body body{"0123456", {.chunked = true}};
  EXPECT_EQ(this->append("sid", 0, body, 0).error().code, errc::too_large);
  EXPECT_EQ(this->offset_of("sid", 0), 5U);
}

TYPED_TEST_P(StoreSuite, WhatIsMissingIsSaidAndTheLeadingChunksCanBeSaved) {
  this->send("sid", 0, "lead");
  ASSERT_TRUE(this->create("sid", 2, 10));
  store::assemble_request request;
  request.id = this->id_of("sid");
  EXPECT_EQ(this->run(this->data().assemble(request)).error().code, errc::chunks_missing);
  request.total_chunks = 1;
  ASSERT_TRUE(this->run(this->data().assemble(request)));
  this->wait_for("sid", session::state::assembled);
  ASSERT_TRUE(this->run(this->data().assemble(request))) << "twice is once";
  EXPECT_EQ(this->recording("sid"), "lead");
  EXPECT_EQ(this->create("sid", 1, 4).error().code, errc::state_conflict);
}

TYPED_TEST_P(StoreSuite, WhatWasNeverMadeIsNotFound) {
  EXPECT_EQ(this->run(this->data().status(this->id_of("none"))).error().code, errc::not_found);
  EXPECT_EQ(this->run(this->data().settle(this->id_of("none"), chunk_index{0})).error().code, errc::not_found);
  EXPECT_EQ(this->run(this->data().write(this->id_of("none"), chunk_index{0})).error().code, errc::not_found);
  EXPECT_EQ(this->run(this->data().remove(this->id_of("none"))).error().code, errc::not_found);
}

TYPED_TEST_P(StoreSuite, ARemovedSessionLeavesATombstone) {
  if (!this->data().can().can_delete) GTEST_SKIP() << "this store does not delete";
  this->send("sid", 0, "bytes");
  ASSERT_TRUE(this->run(this->data().remove(this->id_of("sid"))));
  EXPECT_EQ(this->run(this->data().status(this->id_of("sid"))).error().code, errc::cancelled);
  EXPECT_EQ(this->create("sid", 0, 5).error().code, errc::cancelled);
  EXPECT_TRUE(this->run(this->data().remove(this->id_of("sid")))) << "twice is once";
}

TYPED_TEST_P(StoreSuite, ARemovedChunkCanBeMadeAgain) {
  if (!this->data().can().can_delete) GTEST_SKIP() << "this store does not delete";
  this->send("sid", 0, "wrong");
  ASSERT_TRUE(this->run(this->data().remove_chunk(this->id_of("sid"), chunk_index{0})));
  EXPECT_EQ(this->run(this->data().settle(this->id_of("sid"), chunk_index{0})).error().code, errc::not_found);
  this->send("sid", 0, "right", 1);
  this->wait_for("sid", session::state::assembled);
  EXPECT_EQ(this->recording("sid"), "right");
}

TYPED_TEST_P(StoreSuite, AWholeChunkReplacesAPartialOneAndMustAgreeWithACompleteOne) {
  if (!this->data().can().can_replace) GTEST_SKIP() << "this store does not replace";
  ASSERT_TRUE(this->create("sid", 0, 10));
  memory_body half{"xxxxx"};
  ASSERT_TRUE(this->append("sid", 0, half, 0));
  const auto replace = [&](memory_body& body) {
    return this->run(this->data().replace(this->on_, this->creation("sid", 0, {}), body));
  };
  memory_body broken{"whole", {.cut_at = 3}};
  EXPECT_FALSE(replace(broken));
  EXPECT_EQ(this->offset_of("sid", 0), 5U) << "what was there before stays";
  memory_body whole{"whole"};
  ASSERT_TRUE(replace(whole));
  memory_body same{"whole"};
  EXPECT_TRUE(replace(same));
  memory_body other{"other"};
  EXPECT_EQ(replace(other).error().code, errc::content_conflict);
}

TYPED_TEST_P(StoreSuite, ALaterWriterTakesOver) {
  ASSERT_TRUE(this->create("sid", 0, 10, 2));
  memory_body hanging{"0123456789", {.hang_at = 3}};
  running<result<store::chunk_view>> first{this->ring_,
                                           this->appending(this->id_of("sid"), chunk_index{0}, hanging, 0)};
  while (!hanging.waited() || hanging.taken_bytes() < 3) this->ring_.turn(true);
  EXPECT_EQ(this->offset_of("sid", 0), 3U) << "HEAD asks it to let go";
  while (!first.ended()) this->ring_.turn(true);
  EXPECT_EQ(first.value().error().code, errc::displaced);
  memory_body rest{"3456789"};
  EXPECT_TRUE(this->append("sid", 0, rest, 3)->complete());
}

TYPED_TEST_P(StoreSuite, AListHasEverySessionOnceInPages) {
  for (const char* id : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(this->create(id, 0, 1));
  std::vector<std::string> seen;
  std::string after;
  do {
    const auto page = this->run(this->data().list(after, 2));
    ASSERT_TRUE(page);
    EXPECT_LE(page->lines.size(), 2U);
    for (const auto& line : page->lines) seen.emplace_back(line.id.text());
    after = page->next;
  } while (!after.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
}

REGISTER_TYPED_TEST_SUITE_P(StoreSuite, ChunksInAnyOrderBecomeOneRecording, AnEmptyChunkIsComplete,
                            TheSameCreationFindsTheSameChunkAndAnotherIsRefused, ABrokenBodyIsKeptAndGoneOnWith,
                            NothingGoesPastTheLength, WhatIsMissingIsSaidAndTheLeadingChunksCanBeSaved,
                            WhatWasNeverMadeIsNotFound, ARemovedSessionLeavesATombstone, ARemovedChunkCanBeMadeAgain,
                            AWholeChunkReplacesAPartialOneAndMustAgreeWithACompleteOne, ALaterWriterTakesOver,
                            AListHasEverySessionOnceInPages);

}  // namespace wf::test
