// Which way a body goes, from values alone: direct where it can, whatever is promised; what cannot be followed is
// buffered.
#include "waveforge/store/write_policy.hpp"

#include <gtest/gtest.h>

#include "waveforge/base/units.hpp"

namespace wf::store {
namespace {

/// A plain body of half a megabyte at the start of a chunk, as a recorder sends it.
write_situation usual(durability level) {
  write_situation now;
  now.level = level;
  now.verbatim_socket = true;
  now.in_segment = true;
  now.length_bytes = 512_KiB;
  now.direct_alignment_bytes = 512;
  return now;
}

TEST(write_policy, a_body_of_whole_blocks_goes_directly_at_every_level) {
  for (const auto level : {durability::none, durability::chunk, durability::patch}) {
    EXPECT_EQ(choose_way(usual(level)), way::direct);
  }
}

TEST(write_policy, where_direct_is_not_possible_nothing_promised_means_splice_and_a_promise_buffered) {
  for (const auto change :
       {+[](write_situation& now) { now.offset_bytes = 100; }, +[](write_situation& now) { now.length_bytes = 60_KiB; },
        +[](write_situation& now) { now.in_segment = false; },
        +[](write_situation& now) { now.direct_alignment_bytes = 0; }}) {
    write_situation none = usual(durability::none);
    change(none);
    EXPECT_EQ(choose_way(none), way::splice);
    write_situation chunk = usual(durability::chunk);
    change(chunk);
    EXPECT_EQ(choose_way(chunk), way::buffered);
  }
}

TEST(write_policy, bytes_that_must_be_seen_are_buffered) {
  for (const auto level : {durability::none, durability::chunk}) {
    write_situation now = usual(level);
    now.must_see_bytes = true;
    EXPECT_EQ(choose_way(now), way::buffered);
  }
}

TEST(write_policy, a_way_that_was_asked_for_is_taken_where_it_is_possible) {
  write_situation now = usual(durability::chunk);
  now.mode = write_mode::splice;
  EXPECT_EQ(choose_way(now), way::splice);
  now.verbatim_socket = false;
  EXPECT_EQ(choose_way(now), way::buffered);
  now.mode = write_mode::buffered;
  EXPECT_EQ(choose_way(now), way::buffered);
}

}  // namespace
}  // namespace wf::store
