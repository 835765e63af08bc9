#include "wfctl/gc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "waveforge/store/rows.hpp"
#include "wfctl/ls.hpp"
#include "wfctl/report.hpp"
#include "wfctl/stored_session.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

using session::expiry_step;

constexpr std::string_view tombstone_word = "tombstone";

/// As the server does it: the tombstone is on the disk before the first byte goes.
finding expired(const data_dir& dir, const session::recording& value, utc_time at, const session::expiry_rules& rules,
                utc_time now) {
  const session_line line = line_of(value);
  finding one{
      weight::leftover,
      name_of(value.id),
      "expired",
      fmt::format("{} with chunks {}, expired {}", session::name_of(value.now), chunks_of(line), human_age(at, now)),
      line.bytes,
      {},
      false};
  session::recording tombstone;
  tombstone.id = value.id;
  tombstone.now = session::state::expired;
  tombstone.created_at = value.created_at;
  tombstone.ended_at = now;
  one.cure.says = "remove it and leave a tombstone";
  one.cure.rows_first = {store::session_row(tombstone), store::work_row(value.id)};
  for (const auto& [index, chunk] : value.chunks.all()) store::forget_chunk(value.id, index, one.cure.rows_first);
  store::add_expiry_row(tombstone, rules, one.cure.rows_first);
  const auto where = find_session_directory(dir.path(), value.id);
  if (!where.empty()) one.cure.remove = {where.lexically_relative(dir.path()).string()};
  one.cure.rows = {store::no_work_row(value.id)};
  return one;
}

finding forgotten(const data_dir& dir, const session::recording& value, utc_time now) {
  finding one{weight::leftover,
              name_of(value.id),
              std::string{tombstone_word},
              fmt::format("{} {}", session::name_of(value.now), human_age(value.ended_at, now)),
              0,
              {},
              false};
  one.cure.says = "forget it";
  const auto where = find_session_directory(dir.path(), value.id);
  if (!where.empty()) one.cure.remove = {where.lexically_relative(dir.path()).string()};
  one.cure.rows = {{session::session_key(value.id), std::nullopt}, store::no_work_row(value.id)};
  return one;
}

/// A session that is forgotten takes along every row that would have had it looked at, whenever and by whose rules.
result<void> forget_looks(const data_dir& dir, std::vector<finding>& found) {
  std::unordered_map<std::string, finding*> going;
  for (finding& one : found) {
    if (one.what == tombstone_word) going[one.session] = &one;
  }
  if (going.empty()) return {};
  const std::string prefix{static_cast<char>(session::fact_kind::expiry)};
  return dir.rows().scan(prefix, prefix, [&](std::string_view key, std::string_view) {
    const auto parsed = session::parse_key(key);
    const auto at = parsed ? going.find(name_of(parsed->id)) : going.end();
    if (at != going.end()) at->second->cure.rows.push_back({std::string{key}, std::nullopt});
    return true;
  });
}

/// Makes a finding one of gc's, if it may go.
bool is_garbage(finding& one, bool forgotten_recordings) {
  const bool orphan = !one.orphan.empty() && (one.how_bad == weight::leftover || forgotten_recordings);
  if (orphan && !one.cure.possible()) {
    one.cure.says = "remove it";
    one.cure.remove = {one.orphan};
  }
  return orphan || (one.how_bad == weight::leftover && one.cure.possible());
}

}  // namespace

result<fsck_report> find_garbage(const data_dir& dir, const session::expiry_rules& rules, bool forgotten_recordings,
                                 const console& to) {
  auto out = check_data_dir(dir, to);
  if (!out) return out;
  std::erase_if(out->found, [&](finding& one) { return !is_garbage(one, forgotten_recordings); });
  const utc_time now = to.now();
  const auto read = each_session(dir.rows(), dir.era(), [&](stored_session&& one) {
    if (!one.has_row || !one.troubles.empty()) return true;  // nobody knows whether its time is over
    const auto decided = session::decide_expiry(one.value, rules, now);
    if (decided.step != expiry_step::expire && decided.step != expiry_step::forget) return true;
    // The whole session goes; what else was found in it goes along.
    std::erase_if(out->found, [&](const finding& other) { return other.session == name_of(one.value.id); });
    out->found.push_back(decided.step == expiry_step::expire ? expired(dir, one.value, decided.at, rules, now)
                                                             : forgotten(dir, one.value, now));
    return true;
  });
  if (!read) return fail(read.error());
  if (auto looked = forget_looks(dir, out->found); !looked) return fail(looked.error());
  return out;
}

std::string garbage_text(const fsck_report& what, bool dry_run, const look& with) {
  table rows{{{"SESSION"}, {"WHAT"}, {"SIZE", align::right}, {"DETAIL"}}};
  std::uint64_t bytes = 0;
  for (const finding& one : what.found) {
    bytes += one.bytes;
    rows.add({one.session.empty() ? "-" : one.session, one.what, one.bytes == 0 ? "-" : human_size(one.bytes),
              fmt::format("{}; {}", one.detail, one.cure.says)});
  }
  look wide = with;
  wide.columns = 0;
  std::string out = rows.empty() ? std::string{} : rows.text(wide);
  out += fmt::format("{} of {}: {}{}\n", counted(what.found.size(), "thing", "things"),
                     counted(what.sessions, "session", "sessions"), human_size(bytes),
                     dry_run ? " would be given back; nothing was touched" : " given back");
  return out;
}

std::string garbage_json(const fsck_report& what, bool dry_run, const data_dir& dir) {
  std::string out;
  json_writer json{out};
  std::uint64_t bytes = 0;
  for (const finding& one : what.found) bytes += one.bytes;
  json.begin_object().key("data_dir").value(dir.path().string()).key("dry_run").value(dry_run);
  json.key("bytes").value(bytes).key("garbage").begin_array();
  for (const finding& one : what.found) put_finding(json, one);
  json.end_array().end_object();
  return out + "\n";
}

}  // namespace wf::ctl
