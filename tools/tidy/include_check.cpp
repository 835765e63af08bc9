#include <algorithm>

#include "checks.hpp"
#include "rooms.hpp"

namespace wf::tidy {

namespace {

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool fits(const outside_rule& rule, std::string_view target) {
  if (!target.starts_with(rule.prefix)) return false;
  // A prefix that is a whole word ("thread") means that header, not every header that begins like it.
  const bool open_ended = rule.prefix.find_first_of("/.") != std::string_view::npos || rule.prefix == "liburing";
  return open_ended || target.size() == rule.prefix.size();
}

void judge_outside(const room& from, const std::string& path, const include& seen, findings& out) {
  for (const auto& rule : outside_rules()) {
    if (!fits(rule, seen.target)) continue;
    if (!contains(rule.allowed, from.name)) {
      out.push_back({path, seen.line, "<" + seen.target + "> has no place here: " + std::string{rule.why}});
    }
    return;
  }
}

void judge_room(const room& from, const std::string& path, const include& seen, std::string_view to, findings& out) {
  if (find_room(to) == nullptr) {
    out.push_back({path, seen.line, "there is no room '" + std::string{to} + "'"});
  } else if (to != from.name && !contains(from.knows, to)) {
    out.push_back({path, seen.line, "the room " + std::string{from.name} + " must not know " + std::string{to}});
  }
}

}  // namespace

findings check_includes(const source_tree& tree) {
  findings out;
  for (const auto& [path, text] : tree) {
    const auto* from = room_of(path);
    if (from == nullptr || !is_cpp(path)) continue;
    for (const auto& seen : includes_of(text)) {
      const auto to = included_room(seen.target);
      if (to.empty()) {
        judge_outside(*from, path, seen, out);
      } else {
        judge_room(*from, path, seen, to, out);
      }
    }
  }
  return out;
}

}  // namespace wf::tidy
