#include "wfctl/show.hpp"

#include <fmt/format.h>

#include "waveforge/base/rfc3339.hpp"
#include "waveforge/session/placement.hpp"
#include "waveforge/store/recording_names.hpp"
#include "waveforge/store/session_files.hpp"
#include "wfctl/chunk_strip.hpp"
#include "wfctl/fact_text.hpp"
#include "wfctl/file_reader.hpp"
#include "wfctl/judge_session.hpp"
#include "wfctl/known_digests.hpp"
#include "wfctl/ls.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

namespace fs = std::filesystem;

std::string when(utc_time at, utc_time now) {
  return fmt::format("{}  ({})", to_rfc3339(at), human_age(at, now));
}

std::string exact_size(std::uint64_t bytes) {
  return bytes < 1000 ? human_size(bytes) : fmt::format("{}  ({} bytes)", human_size(bytes), human_count(bytes));
}

std::string layout_of(const session::recording& value) {
  if (value.layout.irregular) return "irregular: chunks have files of their own";
  if (!value.layout.stride_bytes) return "not decided yet";
  return fmt::format("one segment, a chunk every {}", exact_size(*value.layout.stride_bytes));
}

std::string digest_of(const session::recording& value) {
  const std::string_view kind = digests_of(value).kind();
  if (kind == "sha256") return "sha256, in recording.meta";
  return kind == "crc32c" ? "crc32c of each chunk, in recording.meta" : "none was taken";
}

sheet headline(const session_sight& what, utc_time now) {
  const session::recording& value = what.facts.value;
  sheet out;
  out.add("session", name_of(value.id), paint::bold);
  out.add("state", std::string{session::name_of(value.now)}, paint_of(value.now));
  if (!value.failure.empty()) out.add("because", value.failure, paint::red);
  if (!value.name.empty()) out.add("name", value.name);
  if (!value.format.empty()) out.add("format", value.format);
  if (value.duration_ms) out.add("duration", human_duration(std::chrono::milliseconds{*value.duration_ms}));
  out.add("created", when(value.created_at, now));
  if (value.ended_at != utc_time{}) {
    out.add(std::string{session::name_of(value.now)}, when(value.ended_at, now));
  } else {
    out.add("last byte", when(value.updated_at(), now));
  }
  if (!session::is_tombstone(value.now)) {
    out.add("chunks", chunks_of(line_of(value)) + (value.total ? "" : "  (total not known yet)"));
    out.add("received", exact_size(value.chunks.promised_bytes()));
    if (value.now != session::state::assembled) out.add("layout", layout_of(value));
  }
  if (value.now == session::state::assembled) {
    const std::string where = what.directory.empty() ? store::session_path(value.id, 0) : what.directory;
    out.add("recording", fmt::format("{}/completed/{}", where, value.file_name));
    out.add("size", exact_size(value.size_bytes));
    out.add("digest", digest_of(value));
  }
  const bool had_one = value.now == session::state::assembled || value.chunks.promised_bytes() > 0;
  out.add("directory", !what.directory.empty() ? what.directory : had_one ? "it is not there" : "none yet");
  const bool agree = what.findings.empty();
  out.add("files", agree ? "agree with the facts" : "see below", agree ? paint::green : paint::yellow);
  return out;
}

table chunk_table(const session::recording& value) {
  table out{{{"CHUNK", align::right},
             {"LENGTH", align::right},
             {"RECEIVED", align::right},
             {"VOUCHED", align::right},
             {"AT", align::right},
             {"IN"}}};
  const bool finished = value.now == session::state::assembled;
  std::uint64_t before = 0;
  for (const auto& [index, one] : value.chunks.all()) {
    std::string in{"nowhere yet"};
    if (finished || one.where.where == session::home::recording) in = "recording";
    if (!finished && one.where.where == session::home::segment) in = "segment";
    if (!finished && one.where.where == session::home::own_file) {
      in = session::chunk_file_path(index, one.where.generation);
    }
    out.add({std::to_string(index), one.length_bytes ? std::to_string(*one.length_bytes) : "deferred",
             cell{std::to_string(one.promised_bytes), one.complete() ? paint::none : paint::yellow},
             std::to_string(one.vouched_bytes), std::to_string(finished ? before : one.where.offset_bytes), in});
    before += one.length_bytes.value_or(0);
  }
  return out;
}

}  // namespace

result<session_sight> look_at_files(const data_dir& dir, stored_session facts) {
  session_sight out;
  out.facts = std::move(facts);
  const session::session_id& id = out.facts.value.id;
  const fs::path where = find_session_directory(dir.path(), id);
  if (!where.empty()) out.directory = where.lexically_relative(dir.path()).string();
  auto files = read_tree(where);
  if (!files) return fail(files.error());
  out.files = std::move(*files);
  const auto queued = dir.rows().get(session::work_key(id));
  if (!queued) return fail(queued.error());
  session_surroundings around{out.directory, queued->has_value(), {}};
  if (!where.empty()) around.manifest = read_text(where / "completed" / store::manifest_name);
  out.findings = judge_session(out.facts, out.files, around);
  return out;
}

result<session_sight> look_at(const data_dir& dir, const session::session_id& id, bool rows_too) {
  auto facts = read_session(dir.rows(), id, dir.era());
  if (!facts) return fail(facts.error());
  auto out = look_at_files(dir, std::move(*facts));
  if (!out || !rows_too) return out;
  auto text = facts_text(dir.rows(), id);
  if (!text) return fail(text.error());
  out->rows_as_text = std::move(*text);
  return out;
}

std::string sight_text(const session_sight& what, utc_time now, bool brief, const look& with) {
  const session::recording& value = what.facts.value;
  std::string out = headline(what, now).text(with);
  for (const finding& one : what.findings) {
    const paint how = one.how_bad == weight::damage ? paint::red : paint::yellow;
    out += fmt::format("  {}: {}\n", painted(name_of(one.how_bad), how, with), one.detail);
  }
  if (const std::string strip = chunk_strip(value, with); !strip.empty()) out += "\n" + strip;
  if (brief) return out;
  if (!value.chunks.empty()) out += "\n" + chunk_table(value).text(with);
  return out + "\n" + painted("FACTS", paint::bold, with) + "\n" + what.rows_as_text;
}

}  // namespace wf::ctl
