// Rows become sessions again, page after page, and no row is lost between two pages or for want of its session.
#include "wfctl/stored_session.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/seeded.hpp"
#include "unit/wfctl/scene.hpp"

namespace wf::ctl {
namespace {

std::vector<stored_session> read_all(store::facts& rows) {
  std::vector<stored_session> out;
  const auto read = each_session(rows, scene::now_era, [&](stored_session&& one) {
    out.push_back(std::move(one));
    return true;
  });
  EXPECT_TRUE(read);
  return out;
}

TEST(stored_session, many_pages_give_every_session_once_and_whole) {
  test::seeded random{"pages"};
  test::memory_facts rows;
  std::map<std::string, std::uint32_t> chunks_of;
  for (int at = 0; at < 2500; ++at) {
    const std::string id = fmt::format("s-{}", random.between(0, 1'000'000));
    const std::uint32_t count = random.index(0, 3);
    if (!chunks_of.emplace(id, count).second) continue;
    scene::put(rows, scene::recording_of(id, count));
  }
  const auto read = read_all(rows);
  ASSERT_EQ(read.size(), chunks_of.size());
  auto wanted = chunks_of.begin();
  for (const auto& one : read) {
    EXPECT_EQ(one.value.id.text(), wanted->first);
    EXPECT_EQ(one.value.chunks.complete_count(), wanted->second);
    EXPECT_TRUE(one.has_row);
    EXPECT_TRUE(one.troubles.empty());
    ++wanted;
  }
}

TEST(stored_session, ids_that_begin_alike_keep_their_chunks) {
  test::memory_facts rows;
  scene::put(rows, scene::recording_of("a", 1));
  scene::put(rows, scene::recording_of("a-b", 2));
  scene::put(rows, scene::recording_of("aa", 3));
  const auto read = read_all(rows);
  ASSERT_EQ(read.size(), 3U);
  for (const auto& one : read) {
    const std::size_t wanted = one.value.id.text() == "a" ? 1 : one.value.id.text() == "aa" ? 3 : 2;
    EXPECT_EQ(one.value.chunks.size(), wanted) << one.value.id.text();
  }
}

TEST(stored_session, rows_without_a_session_row_are_seen_wherever_they_stand) {
  for (const char* id : {"aaa", "mmm", "zzz"}) {
    test::memory_facts rows;
    scene::put(rows, scene::recording_of("bbb", 1));
    scene::put(rows, scene::recording_of("yyy", 1));
    scene::put(rows, scene::recording_of(id, 2));
    ASSERT_TRUE(rows.apply(std::vector<store::fact_write>{{session::session_key(scene::id_of(id)), {}}}, false));
    const auto read = read_all(rows);
    ASSERT_EQ(read.size(), 3U) << id;
    for (const auto& one : read) EXPECT_EQ(one.has_row, one.value.id.text() != id);
  }
}

TEST(stored_session, an_old_era_counts_for_nothing_and_what_was_vouched_stays) {
  test::memory_facts rows;
  session::recording value = scene::recording_of("x", 1);
  session::chunk& one = *value.chunks.find(0);
  one.vouched_bytes = 40;
  const auto put = [&](session::era era) {
    scene::put(rows, value);
    ASSERT_TRUE(rows.apply(std::vector{store::progress_row(value.id, 0, one, 70, false, era)}, false));
  };
  put(scene::now_era);
  const auto now = read_session(rows, value.id, scene::now_era);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->value.chunks.find(0)->promised_bytes, 70U);
  EXPECT_TRUE(now->unvouched);
  EXPECT_TRUE(now->lost_bytes.empty());
  put(scene::old_era);
  const auto later = read_session(rows, value.id, scene::now_era);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->value.chunks.find(0)->promised_bytes, 40U);
  EXPECT_FALSE(later->unvouched);
  EXPECT_EQ(later->lost_bytes.at(0), 30U);
}

TEST(stored_session, what_cannot_be_read_is_told_and_the_rest_is_read) {
  test::memory_facts rows;
  const auto value = scene::recording_of("x", 2);
  scene::put(rows, value);
  ASSERT_TRUE(
      rows.apply(std::vector<store::fact_write>{{session::chunk_key(value.id, 1), std::string{"\x63junk"}}}, false));
  const auto read = read_session(rows, value.id, scene::now_era);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->troubles.size(), 1U);
  EXPECT_NE(read->troubles[0].find("chunk 1"), std::string::npos);
  EXPECT_EQ(read->value.chunks.size(), 1U);
  EXPECT_EQ(read->stray_progress, std::vector<std::uint32_t>{1});
}

TEST(stored_session, nothing_is_known_of_what_is_not_there) {
  test::memory_facts rows;
  const auto read = read_session(rows, scene::id_of("x"), scene::now_era);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->has_row);
  EXPECT_EQ(read->value.id, scene::id_of("x"));
}

}  // namespace
}  // namespace wf::ctl
