// The power-cut lab sees what it is there for: a server with one of four mistakes in it does not get through.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fault/support/power_lab.hpp"

namespace wf::test {
namespace {

struct mistake {
  const char* name;
  level durability;
  file_system kind;
};

class mutation : public testing::TestWithParam<mistake> {};

TEST_P(mutation, is_caught) {
  const auto [name, durability, kind] = GetParam();
  if (const auto why = no_loop_disks(kind)) GTEST_SKIP() << *why;
  const std::filesystem::path sources{WF_MUTATED_DIR};
  std::ifstream stale{sources / fmt::format("{}.cpp.stale", name)};
  if (stale) {
    FAIL() << "tests/fault/mutations/" << name
           << ".cmake no longer applies: " << std::string{std::istreambuf_iterator<char>{stale}, {}};
  }
  const std::uint64_t seed = campaign_seed(fmt::format("mutation {}", name));
  // The rarest, what is told while its round runs, takes some 140 cuts: one run in a million goes on to the end.
  const std::uint64_t cuts_max = count_from("WF_MUTATION_CUTS", 2'000);
  power_lab::setup how{kind, durability, true,
                       std::filesystem::path{WF_MUTANT_DIR} / fmt::format("waveforge_{}", name)};
  for (std::uint64_t cuts = 0; cuts < cuts_max;) {
    how.seed = seed + cuts;
    power_lab lab{how};
    for (std::uint64_t each = 0; each < 50 && cuts < cuts_max; ++each) {
      ++cuts;
      if (lab.cycle()) continue;
      fmt::print("[ campaign ] mutation {}: caught after {} cuts: {}\n", name, cuts, lab.book().violations().front());
      return;
    }
  }
  FAIL() << name << " was not caught in " << cuts_max << " cuts";
}

INSTANTIATE_TEST_SUITE_P(lab, mutation,
                         testing::Values(mistake{"drop_directory_sync", level::chunk, file_system::ext4},
                                         mistake{"fact_before_data", level::patch, file_system::ext4},
                                         mistake{"keep_era", level::chunk, file_system::ext4},
                                         mistake{"tell_written", level::patch, file_system::ext4}),
                         [](const auto& one) { return std::string{one.param.name}; });

}  // namespace
}  // namespace wf::test
