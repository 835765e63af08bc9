#include "wfctl/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>

#include "waveforge/base/check.hpp"
#include "waveforge/server/declarations.hpp"
#include "wfctl/exit_status.hpp"

namespace wf::ctl {

namespace {

constexpr const char* about =
    "wfctl looks after the data dir of a waveforge server.\n"
    "A SESSION is an id, the beginning of one (the server, which assemble and rm ask, wants it whole), or tus/ID for a "
    "plain\n"
    "tus upload.";

constexpr const char* exit_codes =
    "Exit status: 0 done; 1 damage was found and is still there; 2 wrong usage; 3 no such session;\n"
    "4 a server has the data dir (or none answers); 5 the disk, the network or the server said no.";

/// An option that every verb takes, before or behind its name.
void declare_common(CLI::App& app, command& to) {
  app.add_option("-d,--data-dir", to.data_dir, "the server's data directory")
      ->envname("WAVEFORGE_DATA_DIR")
      ->capture_default_str();
  app.add_flag("--json", to.json, "one JSON value instead of text");
}

CLI::App& add_verb(CLI::App& app, command& to, verb what, const std::string& name, const std::string& help) {
  CLI::App& made = *app.add_subcommand(name, help);
  made.fallthrough();
  made.callback([&to, what] { to.what = what; });
  return made;
}

/// One word of a table, which outlives the parsing.
template <typename Into, typename Value>
void add_choice(CLI::App& app, const std::string& name, Into& into, const std::map<std::string, Value>& table,
                const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [word, value] : table) words.push_back(word);
  app.add_option_function<std::string>(
         name, [&into, &table](const std::string& word) { into = table.at(word); }, help)
      ->check(CLI::IsMember(words));
}

/// CLI11 reads "-3" into an unsigned number as one that is nearly as large as can be.
CLI::Validator not_below_nought() {
  return {[](const std::string& text) {
            return text.starts_with('-') ? fmt::format("'{}' is less than 0, and it is 0 or more", text)
                                         : std::string{};
          },
          std::string{}};
}

void declare_ls(CLI::App& app, command& to) {
  CLI::App& ls = add_verb(app, to, verb::ls, "ls", "list sessions; beside a running server too");
  using session::state;
  static const std::map<std::string, state> states{
      {"open", state::open},           {"sealed", state::sealed},  {"assembling", state::assembling},
      {"assembled", state::assembled}, {"failed", state::failed},  {"damaged", state::damaged},
      {"cancelled", state::cancelled}, {"expired", state::expired}};
  static const std::map<std::string, sort_key> keys{
      {"id", sort_key::id}, {"updated", sort_key::updated}, {"size", sort_key::size}, {"state", sort_key::state}};
  ls.add_option("MATCH", to.list.contains, "only ids and names that contain this");
  ls.add_flag("-a,--all", to.list.all, "removed and expired ones too, while they are remembered");
  add_choice(ls, "--state", to.list.only, states, "only this state");
  add_choice(ls, "--sort", to.list.by, keys, "the newest and the largest first");
  ls.add_option("-n,--limit", to.list.count_max, "how many lines; 0: all")->check(not_below_nought());
}

void declare_reading(CLI::App& app, command& to) {
  CLI::App& show = add_verb(app, to, verb::show, "show", "one session: state, chunk map, extents, facts as text");
  show.add_option("SESSION", to.session, "which")->required();
  show.add_flag("-b,--brief", to.brief, "without the table of chunks and the facts");
  CLI::App& copy = add_verb(app, to, verb::export_file, "export", "copy a finished recording to a file");
  copy.add_option("SESSION", to.session, "which")->required();
  copy.add_option("FILE", to.file, "where to; - is standard output")->required();
  copy.add_flag("-f,--force", to.force, "replace a file that is there");
}

void declare_checking(CLI::App& app, command& to) {
  CLI::App& fsck = add_verb(app, to, verb::fsck, "fsck", "compare every fact with every file; reads only");
  fsck.add_flag("--repair", to.repair, "mend what can be mended without touching a promised byte; not beside a server");
  fsck.add_flag("-a,--all", to.list.all, "show leftovers and notes one by one too");
  CLI::App& scrub =
      add_verb(app, to, verb::scrub, "scrub", "read finished recordings from the disk and compare digests");
  scrub.add_option("SESSION", to.session, "which; all when none is named");
  scrub.add_option("--rate", to.bytes_per_s, "read at most so many bytes a second (k, m, g are binary)")
      ->transform(CLI::AsSizeValue(false))
      ->transform(not_below_nought());  // the last one said comes first: it sees what was written
  scrub.add_flag("-a,--all", to.list.all, "show the good ones too");
}

/// An option of the server's, with its name, its values and its rules: what the server was started with can be given
/// here as it stands, and what the server refuses is refused here.
void add_server_option(CLI::App& app, const std::string& name, const std::string& help,
                       std::function<void(const server::options&)> take) {
  const auto known = std::ranges::find(server::declarations(), name, &server::declaration::name);
  WF_CHECK(known != server::declarations().end());
  const auto apply = known->apply;
  app.add_option_function<std::string>(
         name,
         [apply, take = std::move(take)](const std::string& text) {
           server::options read;
           if (apply(read, text)) take(read);
         },
         fmt::format("{}; {} (default: {})", help, known->range, known->fallback))
      ->check(CLI::Validator{[apply](const std::string& text) {
                               server::options read;
                               const auto applied = apply(read, text);
                               return applied ? std::string{} : fmt::format("'{}': {}", text, applied.error().detail);
                             },
                             std::string{}})
      ->type_name(std::string{known->shape});
}

void declare_gc(CLI::App& app, command& to) {
  CLI::App& gc =
      add_verb(app, to, verb::gc, "gc", "remove what has expired and what crashes left; not beside a server");
  gc.add_flag("-n,--dry-run", to.dry_run, "only say what would be removed");
  gc.add_flag("--forgotten-recordings", to.forgotten_recordings,
              "finished recordings that no fact knows too; without it they stay");
  add_server_option(gc, "--expire-after", "of unfinished sessions and tombstones, as the server has it",
                    [&to](const server::options& set) { to.expiry.unfinished = set.data.expire_after; });
  add_server_option(gc, "--expire-recordings", "of finished recordings, as the server has it",
                    [&to](const server::options& set) { to.expiry.recordings = set.data.expire_recordings; });
}

void declare_remote(CLI::App& app, command& to) {
  CLI::App& assemble = add_verb(app, to, verb::assemble, "assemble", "ask the server to put a recording together");
  assemble.add_option("SESSION", to.session, "the whole id")->required();
  assemble.add_option("--total", to.total, "number of chunks: replaces an earlier one and drops what lies behind");
  assemble.add_flag("--no-wait", to.no_wait, "do not wait until it is finished");
  CLI::App& rm = add_verb(app, to, verb::rm, "rm", "ask the server to remove sessions, finished recordings included");
  rm.add_option("SESSION", to.sessions, "whole ids")->required();
  for (CLI::App* one : {&assemble, &rm}) {
    one->add_option("--url", to.url, "the server, if not the one in .lock: http://…, https://…, unix:PATH");
    one->add_option("--ca-file", to.ca_file, "certificates to trust beside the system's (PEM)");
  }
}

}  // namespace

std::optional<command> parse_command_line(int count, const char* const* words, int& exit_code) {
  command to;
  CLI::App app{about, "wfctl"};
  app.footer(exit_codes);
  app.require_subcommand(1);
  declare_common(app, to);
  declare_ls(app, to);
  declare_reading(app, to);
  declare_checking(app, to);
  declare_remote(app, to);
  declare_gc(app, to);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& failure) {
    const auto unknown = app.remaining();
    if (app.get_subcommands().empty() && !unknown.empty() && !unknown.front().starts_with('-')) {
      std::cerr << "wfctl: there is no verb '" << unknown.front() << "'; `wfctl --help` lists those there are\n";
      exit_code = static_cast<int>(exit_status::usage);
      return std::nullopt;
    }
    exit_code = app.exit(failure) == 0 ? 0 : static_cast<int>(exit_status::usage);
    return std::nullopt;
  }
  return to;
}

}  // namespace wf::ctl
