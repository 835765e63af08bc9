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
  bool expects_failure{false};
  bool every_operation{false};
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

int fail_each(const arguments& given) {
  const every_failure told = fail_every_operation(given.of.jobs);
  fmt::print("{} operations, {} histories with one failure each, {}\n", told.operations, told.histories,
             told.first ? "and a broken promise:" : "no promise broken");
  if (!told.first) return 0;
  fmt::print("FAILED seed {}: {}\n", told.first->seed, told.first->what);
  return 1;
}

/// A kind of trouble that has become impossible would let everything pass that it is there for.
bool every_kind_fired(const arguments& given, const tally& told) {
  constexpr std::uint64_t histories_least = 1'000;
  if (told.histories < histories_least || !given.of.changes.empty()) return true;
  bool all = true;
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    if (told.faults[i] != 0) continue;
    fmt::print("FAILED: never in {} histories: {}\n", told.histories, name_of(static_cast<fault>(i)));
    all = false;
  }
  return all;
}

int run_many(const arguments& given) {
  constexpr std::chrono::seconds shrinking{60};
  const tally told = run(given.of);
  if (given.expects_failure) {
    fmt::print("{} after {} histories{}{}\n", told.first ? "caught" : "NOT caught", told.histories,
               told.first ? ": " : "", told.first ? told.first->what : "");
    return told.first ? 0 : 1;
  }
  print(told);
  if (!told.first) return every_kind_fired(given, told) ? 0 : 1;
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
  app.add_option("--seconds", given.seconds, "stop after so long; 0: when all are done")->envname("WF_SECONDS");
  app.add_option("--jobs", given.of.jobs, "processes");
  app.add_option("--plan", given.of.changes, "changes to every plan, as name=value,name=value");
  app.add_flag("--keep-going", given.of.keep_going, "count failures instead of stopping at the first");
  app.add_flag("--trace", given.trace, "tell everything that happens in the first history");
  app.add_flag("!--no-shrink", given.shrinks, "leave a failing history as it is");
  app.add_flag("--expect-failure", given.expects_failure, "a canary: it is well when something is found");
  app.add_flag("--every-operation", given.every_operation, "let each operation of short histories fail in turn");
  CLI11_PARSE(app, argc, argv);
  if (given.seconds > 0) given.of.time_limit = std::chrono::seconds{given.seconds};
  plan first = plan::draw(given.of.from);
  if (!first.change(given.of.changes)) {
    fmt::print(stderr, "--plan {}: there is no part of that name\n", given.of.changes);
    return 2;
  }
  if (given.every_operation) return fail_each(given);
  return given.trace ? tell_one(first) : run_many(given);
}
