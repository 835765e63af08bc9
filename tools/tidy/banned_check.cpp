#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "checks.hpp"

namespace wf::tidy {

namespace {

/// Where a ban holds.
enum class scope : std::uint8_t {
  all_cpp,       ///< every C++ file
  product,       ///< include, src
  product_unit,  ///< include, src, tests/unit
  product_tool,  ///< include, src, tools
  clockless,     ///< include, src without server: time comes from base/clock.hpp
  headers,       ///< every header
  web,           ///< web/src, web/test
  anywhere,      ///< every file that is read, comments and literals included
};

struct ban {
  std::string_view needle;
  scope where;
  std::string_view instead;
};

/// Looked for in code, not in comments or literals.
constexpr std::array code_bans{
    ban{"asio::detached", scope::all_cpp, "its handler forgets failures; use a task_scope"},
    ban{".detach()", scope::all_cpp, "whoever starts a thread joins it"},
    ban{"this_thread::sleep_", scope::product_unit, "wait for an event with a deadline"},
    ban{"usleep", scope::product_unit, "wait for an event with a deadline"},
    ban{"nanosleep", scope::product_unit, "wait for an event with a deadline"},
    ban{"any_io_executor", scope::product, "type erasure allocates; use the ring's own executor type"},
    ban{"steady_timer", scope::product, "it starts a hidden thread; use a ring timer of io"},
    ban{"system_timer", scope::product, "it starts a hidden thread; use a ring timer of io"},
    ban{"assert(", scope::product_tool, "it vanishes in release builds; use WF_CHECK"},
    ban{"&& co_await", scope::all_cpp, "GCC 12 may make and destroy what follows although it is not reached"},
    ban{"|| co_await", scope::all_cpp, "GCC 12 may make and destroy what follows although it is not reached"},
    ban{"using namespace", scope::headers, "every includer would inherit it"},
    ban{"system_clock::now", scope::clockless, "take the time from base/clock.hpp"},
    ban{"steady_clock::now", scope::clockless, "take the time from base/clock.hpp"},
    ban{"random_device", scope::clockless, "take randomness from base/random.hpp"},
    ban{"GTEST_SKIP();", scope::all_cpp, "a skipped test says what was missing"},
    ban{".only(", scope::web, "the other tests would not run"},
};

/// Looked for everywhere. Put together from halves, so that this file does not contain what it forbids.
constexpr std::array anywhere_bans{
    ban{"TO"
        "DO",
        scope::anywhere, "do it, or describe what is there"},
    ban{"FIX"
        "ME",
        scope::anywhere, "do it, or describe what is there"},
    ban{"X"
        "XX",
        scope::anywhere, "do it, or describe what is there"},
    ban{"HA"
        "CK",
        scope::anywhere, "do it, or describe what is there"},
    ban{"not imple"
        "mented",
        scope::anywhere, "a stub answers nobody"},
    ban{"DISABLED"
        "_",
        scope::anywhere, "a test that never runs is not one"},
    ban{"/ho"
        "me/",
        scope::anywhere, "this path exists on one machine only"},
    ban{"/Us"
        "ers/",
        scope::anywhere, "this path exists on one machine only"},
    ban{"/wo"
        "rk/",
        scope::anywhere, "this path exists on one machine only"},
};

bool below_any(std::string_view path, std::initializer_list<std::string_view> places) {
  return std::ranges::any_of(places, [&](auto place) { return path.starts_with(place); });
}

bool holds(scope where, std::string_view path) {
  if (where == scope::anywhere) return true;
  if (where == scope::web) return below_any(path, {"web/src/", "web/test/"});
  if (!is_cpp(path)) return false;
  switch (where) {
    case scope::all_cpp: return true;
    case scope::product: return below_any(path, {"include/", "src/"});
    case scope::product_unit: return below_any(path, {"include/", "src/", "tests/unit/"});
    case scope::product_tool: return below_any(path, {"include/", "src/", "tools/"});
    case scope::clockless:
      return below_any(path, {"include/", "src/"}) && !below_any(path, {"include/waveforge/server/", "src/server/"});
    case scope::headers: return is_header(path);
    case scope::web:
    case scope::anywhere: break;
  }
  return false;
}

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

/// Whether `needle` stands in the line as words of its own.
bool has_word(std::string_view line, std::string_view needle) {
  for (std::size_t at = 0; (at = line.find(needle, at)) != std::string_view::npos; ++at) {
    const auto end = at + needle.size();
    const bool begins = at == 0 || !is_word(needle.front()) || !is_word(line[at - 1]);
    const bool ends = end == line.size() || !is_word(needle.back()) || needle.back() == '_' || !is_word(line[end]);
    if (begins && ends) return true;
  }
  return false;
}

/// What a ban is not meant for.
bool excused(const ban& rule, std::string_view path, std::string_view line) {
  if (rule.needle == "asio::detached") return path == "src/io/task_scope.cpp";
  if (rule.needle == "steady_clock::now") return path.starts_with("src/io/uring_");  // the real machine itself
  // Start-up waits for a port that a killed process still holds; no event tells when it lets go.
  if (rule.needle == "this_thread::sleep_") return path == "src/server/engine.cpp";
  if (rule.needle == "using namespace") return line.find("_literals;") != std::string_view::npos;
  return false;
}

void search(std::string_view path, std::string_view text, std::span<const ban> bans, findings& out) {
  std::size_t number = 0;
  for (const auto line : lines_of(text)) {
    ++number;
    for (const auto& rule : bans) {
      if (!holds(rule.where, path) || !has_word(line, rule.needle) || excused(rule, path, line)) continue;
      out.push_back({std::string{path}, number, std::string{rule.needle} + ": " + std::string{rule.instead}});
    }
  }
}

}  // namespace

findings check_banned(const source_tree& tree) {
  findings out;
  for (const auto& [path, text] : tree) {
    search(path, code_only(text), code_bans, out);
    search(path, text, anywhere_bans, out);
    if (is_header(path) && text.find("#pragma once") == std::string::npos) {
      out.push_back({path, 0, "a header begins with #pragma once"});
    }
  }
  return out;
}

}  // namespace wf::tidy
