// wfsim: histories of the simulated world, many or one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "campaign.hpp"

namespace {

using namespace wf::sim;

struct arguments {
  campaign of{};
  std::uint64_t seconds{0};
  bool trace{false};
  bool shrinks{true};
};

int tell_one(const plan& set) {
  fmt::print("{}\n", set.describe());
  std::fflush(stdout);
  const outcome told = live(set, true);
  for (const auto& line : told.lines) fmt::print("{}\n", line);
  fmt::print("{} requests, {} operations, fingerprint {:016x}\n", told.requests, told.operations, told.fingerprint);
  if (!told.violation) return 0;
  fmt::print("seed {}: {}\n", set.seed, *told.violation);
  return 1;
}

int run_many(const arguments& given) {
  constexpr std::chrono::seconds shrinking{60};
  const tally told = run(given.of);
  print(told);
  if (!told.first) return 0;
  fmt::print("FAILED seed {}: {}\n  replay: wfsim --seeds 1 --from {} --trace{}\n", told.first->seed, told.first->what,
             told.first->seed, given.of.changes.empty() ? "" : " --plan " + given.of.changes);
  std::fflush(stdout);
  if (given.shrinks) {
    plan failing = plan::draw(told.first->seed);
    static_cast<void>(failing.change(given.of.changes));
    const plan least = shrink(failing, shrinking);
    fmt::print("  shrunk to: {}\n  replay: wfsim --seeds 1 --from {} --trace --plan {}\n",
               fails(least).value_or("nothing"), least.seed, least.changes());
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  arguments given;
  CLI::App app{"Histories of the server in a simulated world, where everything that can fail does"};
  app.add_option("--seeds", given.of.seeds, "how many histories");
  app.add_option("--from", given.of.from, "the first seed");
  app.add_option("--seconds", given.seconds, "stop after so long; 0: when all are done");
  app.add_option("--jobs", given.of.jobs, "processes");
  app.add_option("--plan", given.of.changes, "changes to every plan, as name=value,name=value");
  app.add_flag("--keep-going", given.of.keep_going, "count failures instead of stopping at the first");
  app.add_flag("--trace", given.trace, "tell everything that happens in the first history");
  app.add_flag("!--no-shrink", given.shrinks, "leave a failing history as it is");
  CLI11_PARSE(app, argc, argv);
  if (given.seconds > 0) given.of.time_limit = std::chrono::seconds{given.seconds};
  plan first = plan::draw(given.of.from);
  if (!first.change(given.of.changes)) {
    fmt::print(stderr, "--plan {}: there is no part of that name\n", given.of.changes);
    return 2;
  }
  return given.trace ? tell_one(first) : run_many(given);
}
