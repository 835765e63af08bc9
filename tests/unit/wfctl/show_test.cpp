// What ls and show say of a session: the picture of its chunks, its lines, its rows as text.
#include "wfctl/show.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "unit/wfctl/scene.hpp"
#include "wfctl/chunk_strip.hpp"
#include "wfctl/fact_text.hpp"
#include "wfctl/ls.hpp"

namespace wf::ctl {
namespace {

using testing::HasSubstr;

TEST(chunk_strip, has_a_sign_a_chunk) {
  session::recording value = scene::recording_of("x", 4);
  value.total = 6;
  value.chunks.find(1)->promised_bytes = 5;
  value.chunks.find(2)->promised_bytes = 0;
  EXPECT_EQ(chunk_strip(value, {}), "0 #+o#..\n  # complete  + begun  o empty  . not there\n");
  EXPECT_EQ(chunk_strip(scene::recording_of("x", 0), {}), "");
}

TEST(chunk_strip, stays_within_sixteen_lines) {
  session::recording value = scene::recording_of("x", 1);
  value.total = 1'000'000;
  const std::string text = chunk_strip(value, {});
  EXPECT_LE(std::ranges::count(text, '\n'), 17);
  EXPECT_THAT(text, HasSubstr("(a sign is 977 chunks)"));
  EXPECT_THAT(text, HasSubstr("+......")) << "a run of which one is there has begun";
}

TEST(fact_text, names_the_fields_of_every_row) {
  const auto value = scene::finished("talk-7", 3);
  EXPECT_EQ(fact_text(session::session_key(value.id), session::encode_session(value)),
            "session  talk-7 state=assembled created_at=2026-02-02T02:40:00.000Z ended_at=2026-02-02T02:41:40.000Z "
            "stride=100 total=3 file_name=\"recording.webm\" size=300");
  EXPECT_EQ(fact_text(session::chunk_key(value.id, 2), session::encode_chunk(*value.chunks.find(2))),
            "chunk    talk-7 2 length=100 home=segment offset=200 created_at=2026-02-02T02:40:02.000Z");
  session::progress row;
  row.vouched_bytes = 16;
  row.unvouched_era = 0x5eed;
  row.unvouched_bytes = 40;
  EXPECT_EQ(fact_text(session::progress_key(value.id, 2), session::encode_progress(row)),
            "progress talk-7 2 vouched=16 era=0000000000005eed unvouched=40");
  EXPECT_EQ(fact_text(session::work_key(value.id), ""), "work     talk-7");
}

TEST(fact_text, shows_the_bytes_of_what_it_cannot_read) {
  const auto id = scene::id_of("x");
  EXPECT_THAT(fact_text(session::chunk_key(id, 0), "\x07"), HasSubstr("chunk    x 0 bytes=07 unreadable="));
  EXPECT_THAT(fact_text("zebra", "\xff"), HasSubstr("unknown key 7a65627261 bytes=ff"));
}

TEST(sight, the_text_has_state_picture_chunks_and_facts) {
  session_sight what;
  what.facts = scene::stored(scene::recording_of("talk-7", 2));
  what.facts.value.name = "bad\033name";
  what.directory = "talk-7";
  what.rows_as_text = "session  talk-7\n";
  const std::string text = sight_text(what, scene::at_second(10), false, {});
  EXPECT_THAT(text, HasSubstr("state      open\n"));
  EXPECT_THAT(text, HasSubstr("name       bad\\x1bname\n"));
  EXPECT_THAT(text, HasSubstr("chunks     2/?  (total not known yet)\n"));
  EXPECT_THAT(text, HasSubstr("files      agree with the facts\n"));
  EXPECT_THAT(text, HasSubstr("    1     100       100      100  100  segment\n"));
  EXPECT_THAT(text, HasSubstr("FACTS\nsession  talk-7\n"));
  const std::string brief = sight_text(what, scene::at_second(10), true, {});
  EXPECT_THAT(brief, testing::Not(HasSubstr("FACTS")));
}

TEST(sight, says_which_digest_was_taken) {
  session_sight what;
  what.facts = scene::stored(scene::finished("talk-7", 2));
  what.directory = "talk-7";
  const auto text = [&] { return sight_text(what, scene::at_second(200), true, {}); };
  EXPECT_THAT(text(), HasSubstr("digest     none was taken\n"));
  what.facts.value.chunks.find(1)->crc32c = 7;
  EXPECT_THAT(text(), HasSubstr("digest     crc32c of each chunk, in recording.meta\n"));
  what.facts.value.sha256.emplace().fill(1);
  EXPECT_THAT(text(), HasSubstr("digest     sha256, in recording.meta\n"));
}

TEST(sight, a_directory_that_is_missing_is_told_from_one_that_is_not_made_yet) {
  session_sight what;
  what.facts = scene::stored(scene::finished("talk-7", 2));
  const std::string text = sight_text(what, scene::at_second(200), true, {});
  EXPECT_THAT(text, HasSubstr("recording  talk-7/completed/recording.webm\n"));
  EXPECT_THAT(text, HasSubstr("directory  it is not there\n"));
  what.facts = scene::stored(scene::recording_of("talk-8", 0));
  EXPECT_THAT(sight_text(what, scene::at_second(200), true, {}), HasSubstr("directory  none yet\n"));
}

TEST(sight, the_json_can_be_read) {
  session_sight what;
  what.facts = scene::stored(scene::finished("talk-7", 2));
  what.rows_as_text = "a\nb\n";
  what.findings.push_back({weight::damage, "talk-7", "recording_missing", "gone", 0, {}, false});
  simdjson::dom::parser parser;
  const simdjson::padded_string text{sight_json(what)};
  simdjson::dom::element all;
  ASSERT_EQ(parser.parse(text).get(all), simdjson::SUCCESS);
  EXPECT_EQ(std::string_view{all["state"]}, "assembled");
  EXPECT_EQ(all["chunks"].get_array().size(), 2U);
  EXPECT_EQ(all["facts"].get_array().size(), 2U);
  EXPECT_EQ(std::uint64_t{all["recording"]["size"]}, 200U);
  EXPECT_EQ(std::string_view{all["findings"].at(0)["what"]}, "recording_missing");
}

TEST(ls, a_listing_is_a_table_with_a_sum) {
  listing what;
  what.lines.push_back(line_of(scene::finished("talk-7", 3)));
  what.lines.push_back(line_of(scene::recording_of("x", 2)));
  what.lines.back().recording_name = "Gespräch";
  what.states = {{session::state::open, 1}, {session::state::assembled, 1}, {session::state::cancelled, 4}};
  what.hidden_tombstones = 4;
  EXPECT_EQ(listing_text(what, scene::at_second(160), {}),
            "SESSION  STATE      CHUNKS  RECEIVED    UPDATED  NAME\n"
            "talk-7   assembled     3/3     300 B   60 s ago\n"
            "x        open          2/?     200 B  2 min ago  Gespräch\n"
            "2 sessions: 1 open, 1 assembled; 500 B in those shown; 4 tombstones not shown (--all)\n");
}

}  // namespace
}  // namespace wf::ctl
