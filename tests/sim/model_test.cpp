// The simulated machine is as harsh as it says: what no sync covers may be lost, what one covers is not, and a seed is
// a history.
#include <gtest/gtest.h>

#include <cerrno>

#include "support/sim/disk.hpp"
#include "support/sim/facts_model.hpp"
#include "support/sim/history.hpp"

namespace wf::sim {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

class model_test : public ::testing::Test {
 protected:
  node_ref file(const std::string& name) {
    node_ref made;
    EXPECT_EQ(disk_.make(disk_.root(), name, false, made), 0);
    return made;
  }
  void write(node& into, std::string_view text, std::uint64_t offset = 0) {
    EXPECT_EQ(disk_.write(into, bytes_of(text), offset), static_cast<std::int32_t>(text.size()));
  }
  std::string content(std::string_view path) {
    const node_ref found = disk::find(disk_.root(), path);
    return found ? std::string{reinterpret_cast<const char*>(found->now.data()), found->now.size()} : "(absent)";
  }
  void sync(const node_ref& what) { disk_.end_sync(disk_.begin_sync(what)); }

  world world_{1};
  disk disk_{world_, 1U << 20U};
};

TEST_F(model_test, a_crash_takes_what_was_not_synced) {
  const node_ref one = file("one");
  write(*one, "text");
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(content("one"), "(absent)");
}

TEST_F(model_test, a_synced_file_is_lost_with_its_name) {
  const node_ref one = file("one");
  write(*one, "text");
  sync(one);
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(content("one"), "(absent)");
}

TEST_F(model_test, file_and_name_synced_survive_everything) {
  const node_ref one = file("one");
  write(*one, "text");
  sync(one);
  sync(disk_.root());
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(content("one"), "text");
}

TEST_F(model_test, a_sync_covers_only_what_was_written_before_it_began) {
  const node_ref one = file("one");
  sync(disk_.root());
  write(*one, "before");
  const sync_point point = disk_.begin_sync(one);
  write(*one, "during");
  disk_.end_sync(point);
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(content("one"), "before");
  EXPECT_EQ(world_.faults[static_cast<std::size_t>(fault::written_during_sync_lost)], 1U);
}

TEST_F(model_test, a_failed_sync_forgets_and_the_next_one_says_nothing) {
  const node_ref one = file("one");
  sync(disk_.root());
  write(*one, "text");
  disk_.fail_sync(disk_.begin_sync(one));
  sync(one);
  EXPECT_EQ(content("one"), "text");
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(content("one"), std::string(4, '\0'));
}

TEST_F(model_test, a_rename_is_one_change_of_two_directories) {
  node_ref folder;
  ASSERT_EQ(disk_.make(disk_.root(), "folder", true, folder), 0);
  const node_ref one = file("one");
  write(*one, "text");
  sync(one);
  sync(disk_.root());
  ASSERT_EQ(disk_.rename(disk_.root(), "one", folder, "two"), 0);
  sync(folder);
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(content("one"), "(absent)");
  EXPECT_EQ(content("folder/two"), "text");
}

TEST_F(model_test, a_link_is_one_more_name_of_the_same_file) {
  const node_ref one = file("one");
  write(*one, "text");
  sync(one);
  sync(disk_.root());
  node_ref folder;
  ASSERT_EQ(disk_.make(disk_.root(), "folder", true, folder), 0);
  sync(disk_.root());
  ASSERT_EQ(disk_.link(disk_.root(), "one", folder, "two"), 0);
  EXPECT_EQ(disk_.link(disk_.root(), "one", folder, "two"), -EEXIST);
  EXPECT_EQ(content("folder/two"), "text");
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(content("folder/two"), "(absent)");
  ASSERT_EQ(disk_.link(disk_.root(), "one", disk::find(disk_.root(), "folder"), "two"), 0);
  sync(disk::find(disk_.root(), "folder"));
  const std::uint64_t used = disk_.used_bytes();
  disk_.crash(crash_mood::nothing);
  EXPECT_EQ(disk_.used_bytes(), used);
  ASSERT_EQ(disk_.unlink(disk_.root(), "one", false), 0);
  EXPECT_EQ(content("folder/two"), "text");
  EXPECT_EQ(disk_.used_bytes(), used);
}

TEST_F(model_test, a_full_disk_takes_what_fits) {
  const node_ref one = file("one");
  disk_.squeeze(1);
  const std::string text(2 * disk::page_bytes, 'x');
  EXPECT_EQ(disk_.write(*one, bytes_of(text), 0), static_cast<std::int32_t>(disk::page_bytes));
  EXPECT_EQ(disk_.write(*one, bytes_of(text), disk::page_bytes), -ENOSPC);
  disk_.squeeze(std::nullopt);
  EXPECT_EQ(disk_.write(*one, bytes_of(text), disk::page_bytes), static_cast<std::int32_t>(text.size()));
}

TEST_F(model_test, facts_lose_a_tail_and_never_what_was_synced) {
  const bool dead = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    world chance{seed};
    auto log = std::make_shared<facts_log>();
    facts_model before{chance, log, dead};
    const auto apply = [&](const char* key, bool synced) {
      const std::array<store::fact_write, 1> batch{store::fact_write{key, "v"}};
      ASSERT_TRUE(before.apply(batch, synced));
    };
    apply("a", true);
    apply("b", false);
    apply("c", false);
    log->crash(chance, false);
    facts_model after{chance, log, dead};
    EXPECT_TRUE(after.get("a")->has_value());
    EXPECT_TRUE(after.get("b")->has_value() || !after.get("c")->has_value());
  }
}

TEST(replay, a_seed_is_a_history) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const outcome once = live(plan::draw(seed));
    const auto in_the_way = std::make_unique<std::array<char, 12'345>>();  // other addresses
    const outcome again = live(plan::draw(seed));
    EXPECT_EQ(once.fingerprint, again.fingerprint) << "seed " << seed;
    EXPECT_EQ(once.requests, again.requests) << "seed " << seed;
  }
}

}  // namespace
}  // namespace wf::sim
