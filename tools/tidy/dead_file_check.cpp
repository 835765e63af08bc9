#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "checks.hpp"
#include "rooms.hpp"

namespace wf::tidy {

namespace {

bool is_build_file(std::string_view path) {
  return path.ends_with("CMakeLists.txt") || path.ends_with(".cmake");
}

std::string_view directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash + 1);
}

/// Words of a build file that name C++ files, with every variable turned into a wildcard: `${x}/unit/*_test.cpp`
/// becomes `*/unit/*_test.cpp`.
std::vector<std::string> named_files(std::string_view text) {
  std::vector<std::string> patterns;
  std::string word;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const char here = at < text.size() ? text[at] : ' ';
    if (here == '$') {
      const auto close = text.find('}', at);
      if (close == std::string_view::npos) break;
      word += '*';
      at = close;
    } else if (std::string_view{" \t\n\"();"}.find(here) == std::string_view::npos) {
      word += here;
    } else {
      if (is_cpp(word)) patterns.push_back(word);
      word.clear();
    }
  }
  return patterns;
}

bool matches(const std::string& pattern, std::string_view path) {
  return ::fnmatch(pattern.c_str(), std::string{path}.c_str(), 0) == 0;
}

/// A build file names a file relative to its own directory, or by a path that leaves it (`../support/x.cpp`,
/// `${CMAKE_SOURCE_DIR}/tests/x.cpp`), which is taken for any path that ends so.
bool names(std::string_view directory, std::string pattern, std::string_view path) {
  if (pattern.starts_with("../")) pattern = "*" + pattern.substr(pattern.rfind("../") + 2);
  if (pattern.starts_with('*') && matches(pattern, "/" + std::string{path})) return true;
  return path.starts_with(directory) && matches(pattern, path.substr(directory.size()));
}

bool named_by_build(const source_tree& tree, std::string_view path) {
  for (const auto& [build_path, text] : tree) {
    if (!is_build_file(build_path)) continue;
    const auto directory = directory_of(build_path);
    const auto patterns = named_files(text);
    if (std::ranges::any_of(patterns, [&](const auto& pattern) { return names(directory, pattern, path); }))
      return true;
  }
  return false;
}

/// Every path that some file includes: as written, and as seen from the including file's directory.
std::set<std::string> included_paths(const source_tree& tree) {
  std::set<std::string> targets;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path)) {
      if (is_build_file(path)) {
        for (const auto& name : named_files(text)) targets.insert(name);  // precompiled headers
      }
      continue;
    }
    for (const auto& seen : includes_of(text)) {
      if (path != "include/" + seen.target) targets.insert(seen.target);
    }
  }
  return targets;
}

/// An include names a header by some tail of its path.
bool is_included(const std::set<std::string>& targets, std::string_view path) {
  for (auto tail = path;;) {
    if (targets.contains(std::string{tail})) return true;
    const auto slash = tail.find('/');
    if (slash == std::string_view::npos) return false;
    tail.remove_prefix(slash + 1);
  }
}

bool in_glob_of_room(std::string_view path) {
  return path.starts_with("src/") && room_of(path) != nullptr;
}

}  // namespace

findings check_dead_files(const source_tree& tree) {
  findings out;
  const auto targets = included_paths(tree);
  for (const auto& [path, text] : tree) {
    if (is_header(path)) {
      if (!is_included(targets, path)) out.push_back({path, 0, "nobody includes this header"});
    } else if (is_cpp(path) && !in_glob_of_room(path) && !named_by_build(tree, path) && !is_included(targets, path)) {
      out.push_back({path, 0, "no target has this source"});
    }
  }
  return out;
}

}  // namespace wf::tidy
