#include "checks.hpp"

namespace wf::tidy {

namespace {

/// Lines a file may have; 0: not ours to judge.
std::size_t lines_max(std::string_view path) {
  const bool web = path.starts_with("web/src/") && (path.ends_with(".ts") || path.ends_with(".tsx"));
  if (web) return 400;
  if (!is_cpp(path)) return 0;
  if (path.starts_with("include/")) return 200;
  if (path.starts_with("src/") || path.starts_with("tools/")) return is_header(path) ? 200 : 400;
  return 600;  // tests and benches: tables of cases grow
}

}  // namespace

findings check_sizes(const source_tree& tree) {
  findings out;
  for (const auto& [path, text] : tree) {
    const auto max = lines_max(path);
    const auto count = lines_of(text).size();
    if (max != 0 && count > max) {
      out.push_back(
          {path, 0, std::to_string(count) + " lines; " + std::to_string(max) + " can be read in one go: split it"});
    }
  }
  return out;
}

}  // namespace wf::tidy
