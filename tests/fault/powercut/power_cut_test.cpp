// What an answer promises survives a power cut: with `chunk` every chunk that was told complete, every creation and
// deletion; with `patch` every acknowledged byte; and at no level is a byte wrong or there that nobody sent.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fault/support/power_lab.hpp"

namespace wf::test {
namespace {

/// So many cuts with one disk, then a fresh one with another layout and way of writing.
constexpr std::uint64_t cuts_each_disk = 50;

struct way {
  file_system kind;
  level durability;
  bool facts_apart;
};

class power_cut : public testing::TestWithParam<way> {};

TEST_P(power_cut, takes_nothing_that_was_promised) {
  const auto [kind, durability, apart] = GetParam();
  if (const auto why = no_loop_disks(kind)) GTEST_SKIP() << *why;
  const std::string name =
      fmt::format("power {} {} {}", name_of(kind), name_of(durability), apart ? "facts apart" : "one disk");
  const std::uint64_t seed = campaign_seed(name);
  const std::uint64_t cuts = (count_from("WF_CUTS", 60) + 9) / 10;
  std::uint64_t done = 0;
  std::uint64_t acknowledgements = 0;
  std::uint64_t recordings = 0;
  while (done < cuts) {
    power_lab lab{{kind, durability, apart, {}, seed + done}};
    for (std::uint64_t cut = 0; cut < cuts_each_disk && done < cuts; ++cut, ++done) {
      ASSERT_TRUE(lab.cycle()) << "after cut " << done << " of seed " << seed << "\n" << lab.report();
    }
    lab.finish();
    ASSERT_TRUE(lab.book().violations().empty()) << lab.report();
    acknowledgements += lab.book().acknowledgements();
    recordings += lab.recordings_seen();
  }
  fmt::print("[ campaign ] {}: {} cuts, {} acknowledgements, {} recordings, 0 violations\n", name, done,
             acknowledgements, recordings);
}

std::vector<way> ways() {
  std::vector<way> all;
  for (const file_system kind : {file_system::ext4, file_system::xfs}) {
    for (const level durability : {level::chunk, level::patch}) {
      for (const bool apart : {false, true}) all.push_back(way{kind, durability, apart});
    }
    all.push_back(way{kind, level::none, false});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(disk, power_cut, testing::ValuesIn(ways()), [](const auto& one) {
  return fmt::format("{}_{}_{}", name_of(one.param.kind), name_of(one.param.durability),
                     one.param.facts_apart ? "facts_apart" : "one_disk");
});

}  // namespace
}  // namespace wf::test
