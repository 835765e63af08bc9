#include "waveforge/server/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>

#include "waveforge/server/declarations.hpp"

namespace wf::server {

namespace {

/// What was given for one option, wherever it came from.
struct given {
  const declaration* what{nullptr};
  std::vector<std::string> values{};
  std::string word{};  ///< of a flag: "true" when it was given alone
  CLI::Option* parsed{nullptr};
};

std::string environment_name(std::string_view name) {
  std::string out = "WAVEFORGE_";
  for (const char c : name.substr(2)) out += c == '-' ? '_' : static_cast<char>(c - (c >= 'a' && c <= 'z' ? 32 : 0));
  return out;
}

/// As the reference page has it: purpose, values with their unit, default.
std::string help_of(const declaration& one) {
  std::string text{one.purpose};
  if (!one.range.empty()) text += fmt::format(" Values: {}.", one.range);
  return one.fallback.empty() ? text : fmt::format("{} [{}]", text, one.fallback);
}

void declare(CLI::App& app, given& into) {
  const declaration& one = *into.what;
  const std::string name{one.name};
  if (one.how == arity::flag) {
    // As a word, because CLI11 would read a switch as a number: 5abc would be on.
    into.parsed = app.add_flag(name, into.word, help_of(one));
  } else {
    into.parsed = app.add_option(name, into.values, help_of(one));
    into.parsed->allow_extra_args(false)->type_name(std::string{one.shape});
    into.parsed->multi_option_policy(one.how == arity::several ? CLI::MultiOptionPolicy::TakeAll
                                                               : CLI::MultiOptionPolicy::Throw);
    if (one.how == arity::several) {
      into.parsed->delimiter(',');
    } else {
      into.parsed->expected(1);
    }
  }
}

result<void> apply(options& set, const given& one) {
  if (one.parsed->count() == 0) return {};
  const std::vector<std::string> values =
      one.what->how == arity::flag ? std::vector<std::string>{one.word} : one.values;
  for (const std::string& value : values) {
    auto taken = one.what->apply(set, value);
    if (!taken) {
      return fail(errc::bad_request, fmt::format("{} {}: {}", one.what->name, value, taken.error().detail));
    }
  }
  return {};
}

/// What CLI11 takes for no value at all: a flag would be on, and any other option would eat the next word.
bool is_nothing(std::string_view value) {
  return value.empty() || value == "{}";
}

/// Variables that are set to nothing come here as words, too.
void refuse_empty(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    if (!word.starts_with("--") || sign == word.npos || !is_nothing(std::string_view{word}.substr(sign + 1))) continue;
    const std::string name = word.substr(0, sign);
    throw CLI::ArgumentMismatch(
        fmt::format("{} (or {}) is empty: give it a value or leave it out", name, environment_name(name)));
  }
}

/// A config file whose flags are as strict.
class strict_file final : public CLI::ConfigTOML {
 public:
  [[nodiscard]] std::string to_flag(const CLI::ConfigItem& item) const override {
    std::string word = CLI::ConfigTOML::to_flag(item);
    if (is_nothing(word)) throw CLI::ConversionError(fmt::format("{} is empty: it is true or false", item.fullname()));
    return word;
  }
};

/// Everything that can be said to the program, as CLI11 wants it. With `file`, a config file is read, too.
struct interface {
  explicit interface(bool file) {
    for (const declaration& one : declarations()) declare(app, all.emplace_back(given{&one}));
    constexpr std::string_view purpose = "Options from a TOML or INI file: data-dir = \"/srv/recordings\"";
    if (file) {
      config = app.set_config("--config", "", std::string{purpose});
    } else {
      config = app.add_option("--config", config_file, std::string{purpose});
    }
    config->type_name("FILE");
    app.config_formatter(std::make_shared<strict_file>());
    app.allow_config_extras(false);
    app.set_version_flag("--version", std::string{WF_VERSION});
    app.require_subcommand(1);
    app.add_subcommand("serve", "Run the server.")->fallthrough();
    describe = app.add_subcommand("options", "Describe every option.");
    describe->fallthrough();  // what the environment says stands behind it
    describe->add_flag("--markdown", markdown, "As the reference page docs/options.md.");
  }

  void parse(std::vector<std::string> words) {
    refuse_empty(words);
    std::ranges::reverse(words);  // CLI11 takes them from the end
    app.parse(std::move(words));
  }
  /// Of the variables that are set, those whose option is not on the command line.
  void append_environment(std::vector<std::string>& words) const {
    const auto append = [&words](const std::string& name, const CLI::Option& option) {
      const char* value = std::getenv(environment_name(name).c_str());
      if (value != nullptr && option.count() == 0) words.push_back(name + "=" + value);
    };
    for (const given& one : all) append(std::string{one.what->name}, *one.parsed);
    append("--config", *config);
  }
  /// The whole page, also when it was asked for behind a subcommand.
  [[nodiscard]] std::string help() const {
    return app.get_formatter()->make_help(&app, "waveforge", CLI::AppFormatMode::Normal);
  }

  CLI::App app{"WaveForge ingest: takes recordings in, chunk by chunk, and hands out one finished file each.",
               "waveforge"};
  std::deque<given> all{};
  CLI::Option* config{nullptr};
  CLI::App* describe{nullptr};
  std::string config_file{};
  bool markdown{false};
};

/// CLI11's messages may have several lines; whoever reads them has one.
command refusal(std::string why) {
  std::ranges::replace(why, '\n', ' ');
  while (!why.empty() && why.back() == ' ') why.pop_back();
  return {command::kind::refuse, {}, fmt::format("waveforge: {} (waveforge --help lists what there is)", why)};
}

command finished(options set, const std::deque<given>& all) {
  for (const given& one : all) {
    auto applied = apply(set, one);
    if (!applied) return {command::kind::refuse, {}, "waveforge: " + applied.error().detail};
  }
  auto whole = finish(set);
  if (!whole) return {command::kind::refuse, {}, "waveforge: " + whole.error().detail};
  return {command::kind::serve, std::move(set), {}};
}

}  // namespace

command read_command_line(int argc, const char* const* argv) {
  std::vector<std::string> words{argv + 1, argv + argc};
  try {
    interface asked {
      false
    };
    asked.parse(words);
    // CLI11 lets a config file win over the environment; here, what lies nearer to the start wins.
    asked.append_environment(words);
    interface whole {
      true
    };
    whole.parse(words);
    if (whole.describe->parsed()) return {command::kind::print, {}, whole.markdown ? options_page() : whole.help()};
    return finished({}, whole.all);
  } catch (const CLI::CallForVersion&) {
    return {command::kind::print, {}, std::string{"waveforge "} + WF_VERSION + "\n"};
  } catch (const CLI::CallForHelp&) {
    return {command::kind::print, {}, interface{true}.help()};
  } catch (const CLI::ParseError& wrong) {
    return refusal(wrong.what());
  }
}

std::string options_page() {
  std::string page =
      "# Options of `waveforge serve`\n\n"
      "Generated by `waveforge options --markdown`.\n\n"
      "Each can be given on the command line, in the environment, or in a config file named by `--config FILE` (TOML "
      "or\n"
      "INI; the name without its dashes: `data-dir = \"/srv/recordings\"`). The command line wins over the "
      "environment,\n"
      "the environment over the file. In the environment, several values are separated by commas. A value that makes "
      "no\n"
      "sense stops the start with one line that says what would be right.\n";
  for (const declaration& one : declarations()) {
    page += fmt::format("\n## `{}{}{}`\n\n{}\n\n", one.name, one.shape.empty() ? "" : " ", one.shape, one.purpose);
    if (!one.range.empty()) page += fmt::format("- Values: {}\n", one.range);
    page += fmt::format("- Default: {}\n", one.fallback);
    page += fmt::format("- Environment: `{}`\n", environment_name(one.name));
    if (one.how == arity::several) page += "- May be given more than once\n";
  }
  return page;
}

}  // namespace wf::server
