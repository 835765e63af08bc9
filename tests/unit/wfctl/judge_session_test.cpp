// Damage gets its name, leftovers are told from it, and a mending never takes a byte that was promised.
#include "wfctl/judge_session.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/wfctl/scene.hpp"
#include "waveforge/session/manifest.hpp"

namespace wf::ctl {
namespace {

using session::state;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words_of(const std::vector<finding>& found) {
  std::vector<std::string> out;
  for (const auto& one : found) out.push_back(fmt::format("{} {}", name_of(one.how_bad), one.what));
  return out;
}

session_tree tree_of(std::map<std::string, std::uint64_t> files) {
  session_tree out;
  out.exists = true;
  out.files = std::move(files);
  for (const auto& [path, bytes] : out.files) out.has_chunks_directory |= path.starts_with("chunks/");
  return out;
}

std::vector<finding> judge(const session::recording& value, const session_tree& files, bool queued = false,
                           std::string manifest = {}) {
  return judge_session(scene::stored(value), files, {"x", queued, std::move(manifest)});
}

std::string manifest_of(const session::recording& value) {
  return session::write_manifest(value, "chunk", "test");
}

TEST(judge_session, an_open_session_with_its_bytes_is_well) {
  EXPECT_THAT(judge(scene::recording_of("x", 3), tree_of({{"chunks/segment", 300}})), IsEmpty());
  EXPECT_THAT(judge(scene::recording_of("x", 3), tree_of({{"chunks/segment", 4096}})), IsEmpty());
  EXPECT_THAT(judge(scene::recording_of("x", 0), {}), IsEmpty());
}

TEST(judge_session, a_short_or_missing_segment_is_damage_that_stays_as_it_is) {
  for (const auto& [files, word] : {std::pair{tree_of({{"chunks/segment", 299}}), "damage segment_short"},
                                    std::pair{tree_of({}), "damage segment_missing"}}) {
    const auto found = judge(scene::recording_of("x", 3), files);
    EXPECT_THAT(words_of(found), ElementsAre(word));
    EXPECT_FALSE(found[0].cure.possible());
  }
}

TEST(judge_session, a_chunk_file_is_looked_for_by_its_generation) {
  session::recording value = scene::recording_of("x", 1);
  session::chunk& one = *value.chunks.find(0);
  one.where = {session::home::own_file, 0, 2};
  EXPECT_THAT(judge(value, tree_of({{"chunks/shard_0000/000000.chunk.2", 100}})), IsEmpty());
  EXPECT_THAT(words_of(judge(value, tree_of({{"chunks/shard_0000/000000.chunk.2", 99}}))),
              ElementsAre("damage chunk_short"));
  const auto found = judge(value, tree_of({{"chunks/shard_0000/000000.chunk.1", 100}}));
  EXPECT_THAT(words_of(found), ElementsAre("damage chunk_missing", "leftover stray_chunk_file"));
}

TEST(judge_session, a_stray_chunk_file_is_a_leftover_that_can_go) {
  const auto found =
      judge(scene::recording_of("x", 1), tree_of({{"chunks/segment", 100}, {"chunks/shard_0001/001234.chunk", 77}}));
  EXPECT_THAT(words_of(found), ElementsAre("leftover stray_chunk_file"));
  EXPECT_EQ(found[0].bytes, 77U);
  EXPECT_THAT(found[0].cure.remove, ElementsAre("x/chunks/shard_0001/001234.chunk"));
}

TEST(judge_session, files_that_no_fact_speaks_of_are_orphans_wherever_they_lie) {
  const std::map<std::string, std::uint64_t> strangers{{"chunks/x", 5},
                                                       {"chunks/shard_0000/0.chunk", 4},
                                                       {"chunks/shard_0000/000001.chunk.x", 3},
                                                       {"notes.txt", 2},
                                                       {"completed/.recording.meta.tmp", 1}};
  auto files = strangers;
  files["chunks/segment"] = 100;
  const auto found = judge(scene::recording_of("x", 1), tree_of(files));
  ASSERT_EQ(found.size(), strangers.size());
  for (const auto& one : found) {
    EXPECT_EQ(one.what, "stray_file");
    EXPECT_EQ(one.how_bad, weight::leftover);
    ASSERT_TRUE(strangers.contains(one.orphan.substr(2))) << one.orphan;
    EXPECT_EQ(one.bytes, strangers.at(one.orphan.substr(2)));
    EXPECT_FALSE(one.cure.possible()) << "--repair leaves orphans to the operator";
  }
}

TEST(judge_session, what_an_assembly_leaves_is_its_own_until_it_has_ended) {
  const std::map<std::string, std::uint64_t> temporary{{"completed/.recording.tmp", 7},
                                                       {"completed/.recording.meta.tmp", 9}};
  auto value = scene::finished("x", 3);
  auto files = temporary;
  files["completed/recording.webm"] = 300;
  EXPECT_THAT(words_of(judge(value, tree_of(files), false, manifest_of(value))),
              ElementsAre("leftover stray_file", "leftover stray_file"));
  for (const state now : {state::assembling, state::failed}) {
    value.now = now;
    files["chunks/segment"] = 300;
    EXPECT_THAT(judge(value, tree_of(files), true), IsEmpty()) << "the next attempt replaces them";
  }
}

TEST(judge_session, a_recording_that_the_facts_know_nothing_of_is_never_swept_away) {
  const auto found = judge(scene::recording_of("x", 1), tree_of({{"chunks/segment", 100}, {"completed/a.webm", 9}}));
  EXPECT_THAT(words_of(found), ElementsAre("damage recording_forgotten"));
  EXPECT_EQ(found[0].orphan, "x/completed/a.webm");
}

TEST(judge_session, an_orphan_stays_while_its_session_is_damaged) {
  const auto found = judge(scene::recording_of("x", 1), tree_of({{"chunks/segment.saved", 100}}));
  EXPECT_THAT(words_of(found), ElementsAre("damage segment_missing", "leftover stray_file"));
  EXPECT_EQ(found[1].orphan, "") << "it may be what is missing";
}

TEST(judge_session, a_finished_recording_is_its_file_and_its_manifest) {
  const auto value = scene::finished("x", 3);
  EXPECT_THAT(judge(value, tree_of({{"completed/recording.webm", 300}}), false, manifest_of(value)), IsEmpty());
  EXPECT_THAT(words_of(judge(value, tree_of({{"completed/recording.webm", 301}}), false, manifest_of(value))),
              ElementsAre("damage recording_size"));
  EXPECT_THAT(words_of(judge(value, tree_of({}), false, manifest_of(value))), ElementsAre("damage recording_missing"));
}

TEST(judge_session, a_manifest_of_a_newer_version_is_named_and_kept) {
  const auto value = scene::finished("x", 3);
  std::string manifest = manifest_of(value);
  const std::string word = "\"manifest_version\":";
  manifest.replace(manifest.find(word) + word.size(), 1, "2");
  const auto found = judge(value, tree_of({{"completed/recording.webm", 300}}), false, manifest);
  EXPECT_THAT(words_of(found), ElementsAre("damage manifest_newer"));
  EXPECT_FALSE(found[0].cure.possible());
  EXPECT_THAT(found[0].detail, testing::HasSubstr("has version 2"));
}

TEST(judge_session, paths_are_told_below_the_data_dir_where_the_directory_is_missing) {
  const auto found = judge_session(scene::stored(scene::finished("x", 3)), {}, {});
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(found[0].detail, testing::StartsWith("x/completed/recording.webm is not there"));
}

TEST(judge_session, a_manifest_can_be_written_again) {
  const auto value = scene::finished("x", 3);
  const auto files = tree_of({{"completed/recording.webm", 300}});
  auto other = value;
  other.size_bytes = 299;
  for (const auto& [text, word] :
       {std::pair{std::string{}, "damage manifest_missing"}, std::pair{std::string{"{"}, "damage manifest_wrong"},
        std::pair{manifest_of(other), "damage manifest_wrong"},
        std::pair{manifest_of(scene::finished("y", 3)), "damage manifest_wrong"}}) {
    const auto found = judge(value, files, false, text);
    EXPECT_THAT(words_of(found), ElementsAre(word)) << text;
    EXPECT_TRUE(found[0].cure.rewrite_manifest);
  }
}

TEST(judge_session, sources_of_a_finished_recording_go_only_while_the_recording_is_there) {
  const auto value = scene::finished("x", 3);
  const std::string manifest = manifest_of(value);
  const auto found =
      judge(value, tree_of({{"completed/recording.webm", 300}, {"chunks/segment", 300}}), false, manifest);
  EXPECT_THAT(words_of(found), ElementsAre("leftover sources"));
  EXPECT_THAT(found[0].cure.remove, ElementsAre("x/chunks"));
  EXPECT_THAT(judge(value, tree_of({{"completed/recording.webm", 300}, {"chunks/segment", 300}}), true, manifest),
              IsEmpty())
      << "the server removes them at its next start";
  EXPECT_THAT(words_of(judge(value, tree_of({{"chunks/segment", 300}}), false, manifest)),
              ElementsAre("damage recording_missing"))
      << "the sources are the only copy";
}

TEST(judge_session, an_interrupted_assembly_is_well_at_each_of_its_steps) {
  session::recording value = scene::finished("x", 3);
  value.now = state::assembling;
  value.plan = 1;
  for (const auto& files : {tree_of({{"chunks/segment", 300}}), tree_of({{"completed/.recording.tmp", 300}}),
                            tree_of({{"completed/.recording.tmp", 300}, {"completed/recording.meta", 9}}),
                            tree_of({{"completed/recording.webm", 300}, {"completed/recording.meta", 9}})}) {
    EXPECT_THAT(judge(value, files, true), IsEmpty());
  }
  EXPECT_THAT(words_of(judge(value, tree_of({{"completed/.recording.tmp", 299}}), true)),
              ElementsAre("damage segment_missing"));
  const auto found = judge(value, tree_of({{"chunks/segment", 300}}), false);
  EXPECT_THAT(words_of(found), ElementsAre("damage not_queued"));
  ASSERT_EQ(found[0].cure.rows.size(), 1U);
  EXPECT_EQ(found[0].cure.rows[0].key, session::work_key(value.id));
}

TEST(judge_session, files_of_a_removed_session_are_leftovers_unless_the_server_comes_back_to_them) {
  session::recording value;
  value.id = scene::id_of("x");
  value.now = state::cancelled;
  const auto files = tree_of({{"chunks/segment", 300}, {"completed/recording.webm", 5}});
  EXPECT_THAT(judge(value, files, true), IsEmpty());
  const auto found = judge(value, files, false);
  EXPECT_THAT(words_of(found), ElementsAre("leftover removed_session_files"));
  EXPECT_EQ(found[0].bytes, 305U);
  EXPECT_THAT(found[0].cure.remove, ElementsAre("x"));
}

TEST(judge_session, a_session_set_aside_comes_back_when_its_files_are_back) {
  session::recording value = scene::recording_of("x", 2);
  value.now = state::damaged;
  value.failure = "the segment was gone";
  EXPECT_THAT(words_of(judge(value, tree_of({}))), ElementsAre("damage segment_missing"));
  const auto found = judge(value, tree_of({{"chunks/segment", 200}}));
  EXPECT_THAT(words_of(found), ElementsAre("damage damage_gone"));
  ASSERT_EQ(found[0].cure.rows.size(), 1U);
  session::recording back;
  ASSERT_TRUE(session::decode_session(*found[0].cure.rows[0].value, back));
  EXPECT_EQ(back.now, state::open);
  EXPECT_TRUE(back.failure.empty());
}

TEST(judge_session, rows_without_their_session_row_are_kept_behind_a_damaged_one) {
  stored_session lost;
  lost.value = scene::recording_of("x", 2);
  const auto found = judge_session(lost, tree_of({{"chunks/segment", 200}}), {"x", false, {}});
  EXPECT_THAT(words_of(found), ElementsAre("damage session_row_missing"));
  ASSERT_EQ(found[0].cure.rows.size(), 1U);
  EXPECT_TRUE(found[0].cure.remove.empty());
  session::recording kept;
  ASSERT_TRUE(session::decode_session(*found[0].cure.rows[0].value, kept));
  EXPECT_EQ(kept.now, state::damaged);
}

TEST(judge_session, what_cannot_be_read_is_not_touched) {
  stored_session garbled = scene::stored(scene::recording_of("x", 1));
  garbled.troubles = {"the row of chunk 1: cut short"};
  const auto found = judge_session(garbled, tree_of({{"chunks/shard_0000/000001.chunk", 50}}), {"x", false, {}});
  EXPECT_THAT(words_of(found), ElementsAre("damage unreadable_row"));
  EXPECT_FALSE(found[0].cure.possible());
}

TEST(judge_session, bytes_that_a_power_cut_took_are_no_damage) {
  stored_session cut = scene::stored(scene::recording_of("x", 1));
  cut.lost_bytes = {{0, 30}};
  EXPECT_THAT(words_of(judge_session(cut, tree_of({{"chunks/segment", 100}}), {"x", false, {}})),
              ElementsAre("note unvouched_bytes"));
}

}  // namespace
}  // namespace wf::ctl
