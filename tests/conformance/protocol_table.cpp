// Makes docs/protocol.md: each rule of rules.md with the sources that name its section and the cases that quote it.
//
//     protocol_table ROOT            prints the page
//     protocol_table ROOT --check    exits 1 and says why when the page is not up to date, a cell is empty, or a case
//                                    quotes a rule that does not exist under that section
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/document.hpp"

namespace wf::test::conformance {
namespace {

struct rule {
  std::string id{};
  std::string level{};
  std::string section{};
  std::string says{};
  std::set<std::string> code{};
  std::set<std::string> cases{};
};

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file{path};
  if (!file) throw std::runtime_error{"cannot read " + path.string()};
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::size_t at = 1;
  while (at < line.size()) {
    const std::size_t end = std::min(line.find('|', at), line.size());
    const std::size_t from = line.find_first_not_of(' ', at);
    const std::size_t to = line.find_last_not_of(' ', end - 1);
    out.push_back(from < end ? line.substr(from, to - from + 1) : std::string{});
    at = end + 1;
  }
  return out;
}

std::vector<rule> read_rules(const std::filesystem::path& path) {
  std::istringstream text{read_all(path)};
  std::vector<rule> rules;
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("| ") || line.starts_with("| rule ")) continue;
    const auto row = cells(line);
    if (row.size() != 5) throw std::runtime_error{"rules.md: not five cells: " + line};
    rules.push_back(rule{row[0], row[1], row[2], row[3], {}, {}});
    if (!row[4].empty()) rules.back().code.insert(row[4]);
  }
  return rules;
}

// "RFC 9112 6.1" names neither 6.10 nor 6.1.1 and may be broken over two comment lines.
bool names(const std::string& text, const std::string& section) {
  for (std::size_t at = text.find(section); at != std::string::npos; at = text.find(section, at + 1)) {
    const std::size_t end = at + section.size();
    const auto at_digit = [&](std::size_t where) {
      return where < text.size() && std::isdigit(static_cast<unsigned char>(text[where])) != 0;
    };
    const bool longer_word = end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0;
    if (longer_word || at_digit(end) || (end < text.size() && text[end] == '.' && at_digit(end + 1))) continue;
    // "tus 1.0.0, Creation" is not "tus 1.0.0, Creation With Upload".
    const bool another = text.compare(end, 5, " With") == 0 || text.compare(end, 6, " Defer") == 0;
    if (!another) return true;
  }
  return false;
}

std::string joined_comment_lines(std::string text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n') {
      out += text[at];
      continue;
    }
    std::size_t next = at + 1;
    while (next < text.size() && (text[next] == ' ' || text[next] == '/')) ++next;
    out += ' ';
    at = next - 1;
  }
  return out;
}

void find_code(const std::filesystem::path& root, std::vector<rule>& rules) {
  for (const char* part : {"include", "src"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{root / part}) {
      const auto extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp") continue;
      const std::string text = joined_comment_lines(read_all(entry.path()));
      for (rule& one : rules) {
        if (names(text, one.section)) one.code.insert(std::filesystem::relative(entry.path(), root).string());
      }
    }
  }
}

int find_cases(const std::filesystem::path& root, std::vector<rule>& rules) {
  int wrong = 0;
  for (const document& doc : read_documents(root / "tests" / "conformance")) {
    const std::string name = doc.path.parent_path().filename().string() + "/" + doc.path.filename().string();
    for (const test_case& one : doc.cases) {
      for (const source& from : one.sources) {
        for (const std::string& id : from.rules) {
          const auto at = std::find_if(rules.begin(), rules.end(), [&](const rule& candidate) {
            return candidate.id == id && candidate.section == from.section;
          });
          if (at == rules.end()) {
            fmt::print(stderr, "{}:{}: no rule {} of {}\n", name, one.line, id, from.section);
            ++wrong;
          } else {
            at->cases.insert(name + ": " + one.name);
          }
        }
      }
    }
  }
  return wrong;
}

std::string page(const std::vector<rule>& rules) {
  std::string out =
      "# Rules, code and cases\n\n"
      "Made by `protocol_table` from `tests/conformance/rules.md`, the comments that name a section, and the cases "
      "that\n"
      "quote a rule; do not edit. A rule without code or without a case fails the build.\n\n"
      "| rule | level | section | what it says | code | cases |\n|---|---|---|---|---|---|\n";
  for (const rule& one : rules) {
    const auto list = [](const std::set<std::string>& items) {
      std::string text;
      for (const std::string& item : items) text += (text.empty() ? "" : "<br>") + item;
      return text;
    };
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} |\n", one.id, one.level, one.section,
                   one.says, list(one.code), list(one.cases));
  }
  return out;
}

int run(const std::filesystem::path& root, bool check) {
  std::vector<rule> rules = read_rules(root / "tests" / "conformance" / "rules.md");
  find_code(root, rules);
  int wrong = find_cases(root, rules);
  const std::string made = page(rules);
  if (!check) {
    fmt::print("{}", made);
    return wrong == 0 ? 0 : 1;
  }
  for (const rule& one : rules) {
    for (const std::string& file : one.code) {
      if (std::filesystem::exists(root / file)) continue;
      fmt::print(stderr, "{} ({}): {} does not exist\n", one.id, one.section, file);
      ++wrong;
    }
    if (one.code.empty()) fmt::print(stderr, "{} ({}): no source names this section\n", one.id, one.section);
    if (one.cases.empty()) fmt::print(stderr, "{} ({}): no case shows it\n", one.id, one.section);
    wrong += (one.code.empty() ? 1 : 0) + (one.cases.empty() ? 1 : 0);
  }
  if (read_all(root / "docs" / "protocol.md") != made) {
    fmt::print(stderr, "docs/protocol.md is not up to date: protocol_table . > docs/protocol.md\n");
    ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace wf::test::conformance

int main(int count, char** words) {
  if (count < 2) {
    fmt::print(stderr, "protocol_table ROOT [--check]\n");
    return 2;
  }
  try {
    return wf::test::conformance::run(words[1], count > 2 && std::string_view{words[2]} == "--check");
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}\n", failure.what());
    return 2;
  }
}
