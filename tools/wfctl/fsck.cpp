#include "wfctl/fsck.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "wfctl/fact_text.hpp"
#include "wfctl/progress_bar.hpp"
#include "wfctl/show.hpp"
#include "wfctl/unknown_files.hpp"

namespace wf::ctl {

namespace {

namespace fs = std::filesystem;

/// How often a finding beside a running server must be found before it is believed.
constexpr int looks_beside_server = 3;

result<std::uint64_t> count_sessions(store::facts& rows) {
  std::uint64_t count = 0;
  const std::string prefix{static_cast<char>(session::fact_kind::session)};
  const auto scanned = rows.scan(prefix, prefix, [&](std::string_view, std::string_view) {
    ++count;
    return true;
  });
  if (!scanned) return fail(scanned.error());
  return count;
}

/// What is wrong with the session; beside a server it is looked at until a look finds nothing.
result<std::vector<finding>> examine(const data_dir& dir, stored_session facts, std::string& directory) {
  const session::session_id id = facts.value.id;
  const int looks = dir.in_use() ? looks_beside_server : 1;
  auto seen = look_at_files(dir, std::move(facts));
  for (int look = 1; seen && !seen->findings.empty() && look < looks; ++look) seen = look_at(dir, id, false);
  if (!seen) return fail(seen.error());
  directory = seen->directory;
  return std::move(seen->findings);
}

/// Rows that are nobody's: keys that nothing makes, and expiry rows without a session.
result<void> check_rows(const data_dir& dir, const std::unordered_set<session::session_id>& known, fsck_report& out) {
  const auto scanned = dir.rows().scan("", "", [&](std::string_view key, std::string_view value) {
    const auto parsed = session::parse_key(key);
    if (!parsed) {
      out.found.push_back({weight::damage, {}, "unknown_row", fact_text(key, value), 0, {}, false});
    } else if (parsed->kind == session::fact_kind::expiry && !known.contains(parsed->id) && !dir.in_use()) {
      finding stray{
          weight::leftover, name_of(parsed->id), "stray_expiry", "an expiry row without a session", 0, {}, false};
      stray.cure.says = "remove the row";
      stray.cure.rows = {{std::string{key}, std::nullopt}};
      out.found.push_back(std::move(stray));
    }
    return true;
  });
  return scanned;
}

}  // namespace

std::uint64_t fsck_report::count(weight how_bad, bool mended) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(found, [&](const finding& one) { return one.how_bad == how_bad && one.mended == mended; }));
}

std::uint64_t fsck_report::leftover_bytes() const {
  std::uint64_t bytes = 0;
  for (const finding& one : found) bytes += one.mended ? 0 : one.bytes;
  return bytes;
}

result<fsck_report> check_data_dir(const data_dir& dir, const console& to) {
  fsck_report out;
  out.beside_server = dir.in_use();
  const auto total = count_sessions(dir.rows());
  if (!total) return fail(total.error());
  std::set<std::string> directories;
  std::unordered_set<session::session_id> known;
  progress_bar bar{to, "checking sessions", *total, false};
  result<void> outcome{};
  const auto read = each_session(dir.rows(), dir.era(), [&](stored_session&& one) {
    std::string directory;
    const session::session_id id = one.value.id;
    auto wrong = examine(dir, std::move(one), directory);
    if (!wrong) {
      outcome = fail(wrong.error());
      return false;
    }
    ++out.sessions;
    known.insert(id);
    if (!directory.empty()) directories.insert(directory);
    std::ranges::move(*wrong, std::back_inserter(out.found));
    bar.add(1);
    return true;
  });
  if (!read) return fail(read.error());
  if (!outcome) return fail(outcome.error());
  if (auto checked = check_rows(dir, known, out); !checked) return fail(checked.error());
  auto strangers = find_unknown_files(dir, directories);
  if (!strangers) return fail(strangers.error());
  std::ranges::move(*strangers, std::back_inserter(out.found));
  return out;
}

}  // namespace wf::ctl
