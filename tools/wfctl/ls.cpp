#include "wfctl/ls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/rfc3339.hpp"
#include "wfctl/progress_bar.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

bool same_letter(char a, char b) noexcept {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

bool contains(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, same_letter).empty() || part.empty();
}

bool wanted(const session_line& line, const ls_options& how) {
  if (how.only && line.state != *how.only) return false;
  return contains(name_of(line.id), how.contains) || contains(line.recording_name, how.contains);
}

void sort(std::vector<session_line>& lines, sort_key by) {
  using line = session_line;
  switch (by) {
    case sort_key::id: return;  // as they come
    case sort_key::updated: std::ranges::stable_sort(lines, std::ranges::greater{}, &line::updated_at); return;
    case sort_key::size: std::ranges::stable_sort(lines, std::ranges::greater{}, &line::bytes); return;
    case sort_key::state: std::ranges::stable_sort(lines, {}, &line::state); return;
  }
}

std::string summary(const listing& what) {
  std::uint64_t sessions = 0;
  std::string states;
  for (const auto& [state, count] : what.states) {
    if (session::is_tombstone(state) && what.hidden_tombstones != 0) continue;
    sessions += count;
    states += fmt::format("{}{} {}", states.empty() ? "" : ", ", human_count(count), session::name_of(state));
  }
  std::uint64_t bytes = 0;
  for (const auto& line : what.lines) bytes += line.bytes;
  std::string text = counted(sessions, "session", "sessions");
  if (!states.empty()) text += ": " + states;
  text += fmt::format("; {} in those shown", human_size(bytes));
  if (what.left_out != 0) text += fmt::format("; {} more not shown", human_count(what.left_out));
  if (what.hidden_tombstones != 0) {
    text += fmt::format("; {} not shown (--all)", counted(what.hidden_tombstones, "tombstone", "tombstones"));
  }
  return text + "\n";
}

}  // namespace

session_line line_of(const session::recording& value) {
  return {value.id,
          value.now,
          value.chunks.complete_count(),
          value.total,
          value.now == session::state::assembled ? value.size_bytes : value.chunks.promised_bytes(),
          value.name,
          value.created_at,
          session::is_tombstone(value.now) ? value.ended_at : value.updated_at()};
}

std::string chunks_of(const session_line& line) {
  if (session::is_tombstone(line.state)) return "-";
  return fmt::format("{}/{}", line.chunks_complete, line.total_chunks ? std::to_string(*line.total_chunks) : "?");
}

paint paint_of(session::state state) noexcept {
  switch (state) {
    case session::state::assembled: return paint::green;
    case session::state::failed:
    case session::state::damaged: return paint::red;
    case session::state::sealed:
    case session::state::assembling: return paint::yellow;
    case session::state::cancelled:
    case session::state::expired: return paint::dim;
    case session::state::open: return paint::none;
  }
  return paint::none;
}

result<listing> list_sessions(const data_dir& dir, const ls_options& how, const console& to) {
  listing out;
  progress_bar bar{to, "reading sessions", 0, false};
  const bool tombstones = how.all || (how.only && session::is_tombstone(*how.only));
  const auto read = each_session(dir.rows(), dir.era(), [&](stored_session&& one) {
    bar.add(1);
    if (!one.has_row) return true;
    session_line line = line_of(one.value);
    ++out.states[line.state];
    if (session::is_tombstone(line.state) && !tombstones) {
      ++out.hidden_tombstones;
    } else if (wanted(line, how)) {
      out.lines.push_back(std::move(line));
    }
    return true;
  });
  if (!read) return fail(read.error());
  sort(out.lines, how.by);
  if (how.count_max != 0 && out.lines.size() > how.count_max) {
    out.left_out = out.lines.size() - how.count_max;
    out.lines.resize(how.count_max);
  }
  return out;
}

std::string listing_text(const listing& what, utc_time now, const look& with) {
  if (what.lines.empty()) return summary(what);
  table rows{{{"SESSION"},
              {"STATE"},
              {"CHUNKS", align::right},
              {"RECEIVED", align::right},
              {"UPDATED", align::right},
              {"NAME"}}};
  for (const auto& line : what.lines) {
    rows.add({name_of(line.id),
              {std::string{session::name_of(line.state)}, paint_of(line.state)},
              chunks_of(line),
              session::is_tombstone(line.state) ? "-" : human_size(line.bytes),
              human_age(line.updated_at, now),
              line.recording_name});
  }
  return rows.text(with) + painted(summary(what), paint::dim, with);
}

std::string listing_json(const listing& what, const data_dir& dir) {
  std::string out;
  json_writer json{out};
  json.begin_object().key("data_dir").value(dir.path().string()).key("sessions").begin_array();
  for (const auto& line : what.lines) {
    json.begin_object().key("session_id").value(line.id.text()).key("upload");
    json.value(line.id.space() == session::id_space::upload);
    json.key("state").value(session::name_of(line.state)).key("total_chunks");
    if (line.total_chunks) {
      json.value(*line.total_chunks);
    } else {
      json.null();
    }
    json.key("uploaded_chunks").value(line.chunks_complete).key("bytes_received").value(line.bytes);
    json.key("recording_name").value(line.recording_name).key("created_at").value(to_rfc3339(line.created_at));
    json.key("updated_at").value(to_rfc3339(line.updated_at)).end_object();
  }
  json.end_array().key("states").begin_object();
  for (const auto& [state, count] : what.states) json.key(session::name_of(state)).value(count);
  json.end_object().key("not_shown").value(what.left_out + what.hidden_tombstones).end_object();
  return out + "\n";
}

}  // namespace wf::ctl
