#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wf::tidy {

/// The texts of a tree, by path from its root with forward slashes. Checks look at nothing else, so that a test can
/// make a tree up.
using source_tree = std::map<std::string, std::string>;

/// Something a check does not like. `line` counts from 1; 0 means the whole file.
struct finding {
  std::string path;
  std::size_t line;
  std::string message;
};
using findings = std::vector<finding>;

/// Reads what the checks are about below `root`: C++, CMake, TypeScript, scripts and pages. Skips build, dist,
/// node_modules, uploaded_data and names that start with a dot. Throws std::filesystem::filesystem_error.
[[nodiscard]] source_tree load_tree(const std::filesystem::path& root);

/// The same text with comments and the contents of literals blanked, newlines kept: what the compiler sees as code.
/// Raw strings are understood with any delimiter.
[[nodiscard]] std::string code_only(std::string_view text);

/// One `#include` of a file: the path between its quotes or brackets.
struct include {
  std::string target;
  std::size_t line;
};
[[nodiscard]] std::vector<include> includes_of(std::string_view text);

/// The lines of a text without their newline. Views into `text`.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

[[nodiscard]] bool is_header(std::string_view path);
[[nodiscard]] bool is_cpp(std::string_view path);

}  // namespace wf::tidy
