#include "wfload/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "wfload/target.hpp"

namespace wf::load {
namespace {

template <typename Value>
using choices = std::vector<std::pair<std::string, Value>>;

/// One word of a table, which outlives the parsing. The value in `into` is the default.
template <typename Value>
void add_choice(CLI::App& app, const std::string& name, Value& into, const choices<Value>& table,
                const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [word, value] : table) words.push_back(word);
  app.add_option_function<std::string>(
         name,
         [&into, &table](const std::string& word) {
           into = std::ranges::find(table, word, &std::pair<std::string, Value>::first)->second;
         },
         help)
      ->transform(CLI::IsMember(words, CLI::ignore_case))
      ->default_str(std::ranges::find(table, into, &std::pair<std::string, Value>::second)->first);
}

const choices<protocol> protocols{{"session", protocol::session}, {"tus", protocol::tus}, {"put", protocol::put}};
const choices<chunk_order> orders{{"in", chunk_order::in}, {"random", chunk_order::random}};
const choices<total_told> totals{{"first", total_told::first},
                                 {"last", total_told::last},
                                 {"every", total_told::every},
                                 {"assemble", total_told::assemble},
                                 {"never", total_told::never}};
const choices<chunk_lengths> lengths{
    {"equal", chunk_lengths::equal}, {"last-short", chunk_lengths::last_short}, {"random", chunk_lengths::random}};

void declare(CLI::App& app, options& to) {
  app.add_option("--url", to.url, "http://HOST:PORT[/path]; the path is the base of tus and put")
      ->capture_default_str();
  add_choice(app, "--protocol", to.speak, protocols, "how chunks are sent");
  app.add_option("--connections", to.connections, "connections kept open")->check(CLI::Range(1U, 100'000U));
  app.add_option("--sessions", to.sessions, "recordings open at a time (default: one a connection)");
  app.add_option("--threads", to.threads, "threads of this program")->check(CLI::Range(1U, 256U));
  app.add_option("--chunk-size", to.chunk_bytes, "bytes of a chunk (k, m, g are binary)")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--patch-size", to.patch_bytes, "bytes of a PATCH; 0: the chunk's length")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--chunks-per-recording", to.chunks_per_recording, "chunks of a recording")
      ->check(CLI::Range(1U, 1'000'000U));
  auto* duration = app.add_option("--duration", to.duration_s, "seconds; recordings open then are finished");
  auto* recordings = app.add_option("--recordings", to.recordings, "how many recordings to send")->excludes(duration);
  app.add_option("--cycles", to.cycles,
                 "send that many recordings so often; --verify and --delete come between, while the clock stands still")
      ->check(CLI::Range(1U, 1'000'000U))
      ->needs(recordings);
  app.add_option("--rate", to.rate,
                 "chunks a second on a fixed schedule (open loop); latency counts from the schedule");
  app.add_option("--slow", to.slow_bytes_per_s, "send bodies at this many bytes a second on every connection")
      ->transform(CLI::AsSizeValue(false));
  add_choice(app, "--order", to.order, orders, "of a recording's chunks");
  add_choice(app, "--total", to.total, totals, "which request tells the number of chunks");
  add_choice(app, "--lengths", to.lengths, lengths, "of a recording's chunks");
  app.add_flag("--verify", to.verify, "read everything back and compare each byte");
  app.add_flag("--delete", to.remove, "delete what is finished, so that a long run fits the disk");
  app.add_flag("!--no-chunk-size-key", to.chunk_size_key, "do not tell the chunkSize metadata key");
  app.add_option("--retries", to.retries, "a broken or refused request is resumed this often (HEAD, then on)");
  app.add_option("--timeout", to.timeout_s, "seconds without progress after which a request has failed");
  app.add_option("--seed", to.seed, "all ids and bytes follow from it (default: drawn)");
  app.add_option("--json", to.json, "write the report to this file; - is standard output");
  app.add_option("--server-pid", to.server_pids, "measure this process and its children (repeatable)");
  app.add_flag("--quiet", to.quiet, "no progress line, no table");
  // CLI11 reads -1 into an unsigned number as the largest one. First in the row: a size is read before other checks.
  const CLI::Validator not_negative{[](std::string& word) {
                                      const bool negative =
                                          word.size() > 1 && word[0] == '-' && word[1] >= '0' && word[1] <= '9';
                                      return negative ? word + " is below 0" : std::string{};
                                    },
                                    ""};
  for (CLI::Option* one : app.get_options()) one->transform(not_negative);
}

/// What is wrong although each option was understood; empty when all is well.
std::string mistake(const options& of) {
  if (const auto url = parse_url(of.url); !url) return url.error().detail;
  for (const int pid : of.server_pids) {
    std::error_code hidden;
    if (!std::filesystem::exists(fmt::format("/proc/{}/stat", pid), hidden)) {
      return fmt::format("--server-pid {}: there is no such process, or this user may not look at it", pid);
    }
  }
  if (of.verify && of.speak == protocol::session && of.total == total_told::never) {
    return "--verify needs finished recordings, and --total never leaves all unfinished";
  }
  return {};
}

void settle(options& to) {
  if (to.duration_s <= 0 && to.recordings == 0) to.duration_s = 10;
  if (to.sessions == 0) to.sessions = to.connections;
  to.chunk_bytes = std::max<std::uint64_t>(to.chunk_bytes, 1);
  if (to.patch_bytes == 0) to.patch_bytes = to.chunk_bytes;
  to.threads = std::min({to.threads, to.connections, to.sessions});
  if (to.seed == 0) to.seed = std::random_device{}() | 1U;
}

}  // namespace

std::optional<options> parse_command_line(int count, const char* const* words, int& exit_code) {
  options to;
  CLI::App app{
      "wfload sends recordings to an upload server and checks what comes back.\n"
      "Exit: 0 all well, 1 an error or a wrong byte, 2 wrong usage.",
      "wfload"};
  declare(app, to);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& failure) {
    exit_code = app.exit(failure) == 0 ? 0 : 2;
    return std::nullopt;
  }
  if (const std::string why = mistake(to); !why.empty()) {
    fmt::print(stderr, "wfload: {}\n", why);
    exit_code = 2;
    return std::nullopt;
  }
  settle(to);
  return to;
}

}  // namespace wf::load
