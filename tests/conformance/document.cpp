#include "conformance/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace wf::test::conformance {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(separator), text.size());
    if (const auto part = trimmed(text.substr(0, at)); !part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(at + separator.size(), text.size()));
  }
  return parts;
}

int number(std::string_view text) {
  int value = -1;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size() ? value : -1;
}

class reader {
 public:
  explicit reader(const std::filesystem::path& path) : file_{path} {
    if (!file_) throw std::runtime_error{"cannot read " + path.string()};
    out_.path = path;
  }

  document read() {
    std::string text;
    bool in_sources = false;
    while (next(text)) {
      if (text.starts_with("```")) {
        in_sources = false;
        block(text.substr(3));
      } else if (text.starts_with("## ")) {
        finish_case();
        out_.cases.push_back(test_case{std::string{trimmed(text.substr(3))}, line_, {}, false, {}});
      } else if (text.starts_with("# ")) {
        out_.title = trimmed(text.substr(2));
      } else if (text.starts_with("Source:")) {
        in_sources = true;
        source_text_ = text.substr(7);
      } else if (text == "Played once." && !out_.cases.empty()) {
        out_.cases.back().once = true;
      } else if (text.empty()) {
        if (in_sources) take_sources();
        in_sources = false;
      } else if (in_sources) {
        source_text_ += " " + text;
      }
      if (!in_sources && !source_text_.empty()) take_sources();
    }
    finish_case();
    if (out_.title.empty()) refuse("a document needs a title");
    if (out_.cases.empty()) refuse("a document needs a case");
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw std::runtime_error{fmt::format("{}:{}: {}", out_.path.string(), line_, why)};
  }

  bool next(std::string& text) {
    if (!std::getline(file_, text)) return false;
    ++line_;
    return true;
  }

  std::vector<std::string> block_lines() {
    std::vector<std::string> lines;
    std::string text;
    while (next(text)) {
      if (text == "```") return lines;
      lines.push_back(text);
    }
    refuse("a block without an end");
  }

  void finish_case() {
    if (out_.cases.empty()) return;
    const test_case& last = out_.cases.back();
    if (last.sources.empty()) refuse("case \"" + last.name + "\" names no source");
    if (last.steps.empty()) refuse("case \"" + last.name + "\" does nothing");
  }

  // "RFC 9112 6.3 (F1, F2); tus 1.0.0, PATCH"
  void take_sources() {
    if (out_.cases.empty()) refuse("a source outside a case");
    for (const std::string& one : split(source_text_, ";")) {
      source made;
      const std::size_t open = one.find(" (");
      made.section = one.substr(0, open);
      if (open != std::string::npos) made.rules = split(one.substr(open + 2, one.rfind(')') - open - 2), ",");
      out_.cases.back().sources.push_back(std::move(made));
    }
    source_text_.clear();
  }

  void block(const std::string& info) {
    std::vector<std::string> words = split(info, " ");
    const std::size_t line = line_;
    if (words.empty() || (words[0] != ">>>" && words[0] != "<<<" && words[0] != "do" && words[0] != "server")) {
      (void)block_lines();  // prose
      return;
    }
    const std::string what = words[0];
    words.erase(words.begin());
    const auto lines = block_lines();
    if (what == "server") {
      for (const std::string& one : lines) {
        const auto flags = split(one, " ");
        out_.server_flags.insert(out_.server_flags.end(), flags.begin(), flags.end());
      }
      return;
    }
    auto& steps = out_.cases.empty() ? out_.opening : out_.cases.back().steps;
    if (what == "do") {
      for (const std::string& one : lines) {
        auto parts = split(one, " ");
        if (parts.empty()) continue;
        const std::string verb = parts[0];
        parts.erase(parts.begin());
        steps.push_back(step{line, {}, {}, action{verb, parts}});
      }
    } else if (what == ">>>") {
      steps.push_back(step{line, to_send(words, lines), {}, {}});
    } else {
      steps.push_back(step{line, {}, to_expect(words, lines), {}});
    }
  }

  sending to_send(const std::vector<std::string>& words, const std::vector<std::string>& lines) const {
    sending out{"a", {}, false};
    for (const std::string& word : words) {
      if (word == "cut") {
        out.under_test = true;
      } else if (word.size() == 1) {
        out.connection = word;
      } else {
        refuse("a sending does not know \"" + word + "\"");
      }
    }
    for (const std::string& text : lines) {
      bool ended = true;
      for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
          out.bytes += text[at];
          continue;
        }
        if (++at == text.size()) {
          ended = false;
          break;
        }
        out.bytes += escape(text, at);
      }
      if (ended) out.bytes += "\r\n";
    }
    return out;
  }

  char escape(const std::string& text, std::size_t& at) const {
    switch (text[at]) {
      case 'r': return '\r';
      case 'n': return '\n';
      case 't': return '\t';
      case '0': return '\0';
      case '\\': return '\\';
      case 's': return ' ';
      case 'x': {
        unsigned value = 256;
        if (at + 2 < text.size()) (void)std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16);
        if (value > 255) refuse("\\x needs two hex digits");
        at += 2;
        return static_cast<char>(value);
      }
      default: refuse(fmt::format("unknown escape \\{}", text[at]));
    }
  }

  expectation to_expect(const std::vector<std::string>& words, const std::vector<std::string>& lines) const {
    expectation out;
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (words[at] == "head") {
        out.to_head = true;
      } else if (words[at] == "within" && at + 1 < words.size() && words[at + 1].ends_with("ms")) {
        out.within_ms = number(words[at + 1].substr(0, words[at + 1].size() - 2));
        if (out.within_ms <= 0) refuse("within needs milliseconds, as in 500ms");
        ++at;
      } else if (words[at].size() == 1) {
        out.connection = words[at];
      } else {
        refuse("an expectation does not know \"" + words[at] + "\"");
      }
    }
    if (lines.empty()) refuse("an expectation needs a status");
    if (trimmed(lines[0]) != "closed") {
      for (const std::string& one : split(lines[0], " or ")) {
        out.statuses.push_back(number(one));
        if (out.statuses.back() < 100) refuse("not a status: " + one);
      }
      out.interim = out.statuses.front() < 200;
    }
    bool in_body = false;
    for (std::size_t at = 1; at < lines.size(); ++at) {
      if (lines[at].empty()) {
        in_body = true;
      } else if (in_body) {
        out.body.push_back(on_body(lines[at]));
      } else {
        on_head(lines[at], out);
      }
    }
    return out;
  }

  body_rule on_body(const std::string& text) const {
    if (text == "empty") return {body_rule::kind::empty, {}};
    if (text.starts_with("= ")) return {body_rule::kind::equals, text.substr(2)};
    if (text.starts_with("~ ")) return {body_rule::kind::contains, text.substr(2)};
    if (text.starts_with("! ")) return {body_rule::kind::lacks, text.substr(2)};
    refuse("a body line begins with =, ~ or !, or is \"empty\"");
  }

  void on_head(const std::string& text, expectation& out) const {
    if (text == "closes" || text == "stays") {
      out.closes = text == "closes";
    } else if (text.starts_with("interims ")) {
      out.interims = number(text.substr(9));
    } else if (text.starts_with("! ")) {
      out.fields.push_back({field_rule::kind::absent, text.substr(2), {}});
    } else if (const std::size_t at = text.find(" -> "); at != std::string::npos) {
      out.fields.push_back({field_rule::kind::captured, text.substr(0, at), text.substr(at + 4)});
    } else if (const std::size_t tilde = text.find(" ~ "); tilde != std::string::npos) {
      out.fields.push_back({field_rule::kind::matches, text.substr(0, tilde), text.substr(tilde + 3)});
    } else if (const std::size_t colon = text.find(':'); colon != std::string::npos) {
      out.fields.push_back(
          {field_rule::kind::equals, text.substr(0, colon), std::string{trimmed(text.substr(colon + 1))}});
    } else {
      refuse("not a rule about a field: " + text);
    }
  }

  std::ifstream file_;
  document out_{};
  std::size_t line_{0};
  std::string source_text_{};
};

}  // namespace

document read_document(const std::filesystem::path& path) {
  return reader{path}.read();
}

std::vector<document> read_documents(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    // Documents live one directory down; README and rules stand beside those directories.
    if (entry.path().extension() == ".md" && entry.path().parent_path() != root) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<document> all;
  for (const auto& path : paths) all.push_back(read_document(path));
  return all;
}

}  // namespace wf::test::conformance
