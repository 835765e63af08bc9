#include <algorithm>
#include <set>

#include "checks.hpp"
#include "rooms.hpp"

namespace wf::tidy {

namespace {

constexpr std::string_view build_file = "src/CMakeLists.txt";

/// One call of `wf_room(NAME … LINKS …)`.
struct room_call {
  std::string name;
  std::vector<std::string> links;
  std::size_t line;
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(" \t\n", at)) != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(" \t\n", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::vector<room_call> room_calls_of(std::string_view text) {
  constexpr std::string_view opening = "wf_room(";
  std::vector<room_call> calls;
  for (std::size_t at = 0; (at = text.find(opening, at)) != std::string_view::npos;) {
    const auto line = static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n')) + 1;
    at += opening.size();
    const auto words = words_of(text.substr(at, text.find(')', at) - at));
    if (words.empty()) continue;
    const auto links = std::ranges::find(words, "LINKS");
    calls.push_back({words.front(), {links == words.end() ? links : links + 1, words.end()}, line});
  }
  return calls;
}

void judge_call(const room_call& call, findings& out) {
  const auto* found = find_room(call.name);
  if (found == nullptr) {
    out.push_back({std::string{build_file}, call.line, "there is no room '" + call.name + "'"});
    return;
  }
  if (found->name == "server") return;  // the composition root may link everything and need not
  std::set<std::string> missing(found->knows.begin(), found->knows.end());
  for (const auto& link : call.links) {
    if (link.starts_with("waveforge::")) {
      const auto to = link.substr(11);
      missing.erase(to);
      if (std::ranges::find(found->knows, to) == found->knows.end()) {
        out.push_back({std::string{build_file}, call.line, "the room " + call.name + " must not link " + to});
      }
    } else if (found->pure && (link == "wf_uring" || link.starts_with("Boost::") || link.starts_with("OpenSSL::"))) {
      out.push_back(
          {std::string{build_file}, call.line, "the room " + call.name + " is pure and must not link " + link});
    }
  }
  for (const auto& name : missing) {
    out.push_back(
        {std::string{build_file}, call.line, "the room " + call.name + " knows " + name + " and does not link it"});
  }
}

}  // namespace

findings check_room_links(const source_tree& tree) {
  const auto file = tree.find(std::string{build_file});
  if (file == tree.end()) return {{std::string{build_file}, 0, "this file makes the rooms and is not there"}};
  findings out;
  const auto calls = room_calls_of(file->second);
  for (const auto& call : calls) judge_call(call, out);
  for (const auto& wanted : rooms()) {
    if (std::ranges::find(calls, wanted.name, &room_call::name) == calls.end()) {
      out.push_back({std::string{build_file}, 0, "the room " + std::string{wanted.name} + " has no target"});
    }
  }
  return out;
}

}  // namespace wf::tidy
