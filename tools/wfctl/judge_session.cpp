#include "wfctl/judge_session.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "waveforge/session/manifest.hpp"
#include "waveforge/session/placement.hpp"
#include "waveforge/session/plan.hpp"
#include "waveforge/store/recording_names.hpp"
#include "waveforge/store/rows.hpp"
#include "waveforge/store/session_files.hpp"
#include "wfctl/data_dir.hpp"
#include "wfctl/known_digests.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

std::string_view name_of(weight value) noexcept {
  switch (value) {
    case weight::note: return "note";
    case weight::leftover: return "leftover";
    case weight::damage: return "damage";
  }
  return "damage";
}

namespace {

using session::home;
using session::state;

const std::string segment_path{"chunks/segment"};
const std::string completed{"completed/"};

/// A name that the server gives to chunks that have no place in the segment.
bool is_chunk_file(const std::string& path) {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  const auto slash = path.rfind('/') + 1;  // 0 where there is none
  const char* const end = path.data() + path.size();
  const auto number = std::from_chars(path.data() + slash, end, index);
  if (number.ec != std::errc{}) return false;
  const auto dot = path.rfind('.') + 1;
  (void)std::from_chars(path.data() + dot, end, generation);  // no number: the first one
  return path == session::chunk_file_path(index, generation);
}

/// One session on the table.
class examination {
 public:
  examination(const stored_session& facts, const session_tree& files, const session_surroundings& around)
      : facts_{facts}, value_{facts.value}, files_{files}, around_{around} {}

  std::vector<finding> run() {
    judge_rows();
    if (!facts_.has_row || !facts_.troubles.empty()) return std::move(found_);  // what is not understood stays as it is
    switch (value_.now) {
      case state::cancelled:
      case state::expired: judge_tombstone(); break;
      case state::assembled:
        judge_assembled();
        judge_strays();
        break;
      case state::assembling:
        judge_assembling();
        judge_strays();
        break;
      case state::damaged: judge_damaged(); break;  // any of its files may be what it lacks
      case state::open:
      case state::sealed:
      case state::failed:
        judge_chunks();
        judge_strays();
        break;
    }
    return std::move(found_);
  }

 private:
  finding& add(weight how_bad, std::string what, std::string detail) {
    found_.push_back({how_bad, name_of(value_.id), std::move(what), std::move(detail), 0, {}, false});
    return found_.back();
  }
  /// Below the session's directory, or below where it would be made.
  [[nodiscard]] std::string below(const std::string& path) const {
    return (around_.directory.empty() ? store::session_path(value_.id, 0) : around_.directory) + "/" + path;
  }

  void judge_rows() {
    for (const std::string& trouble : facts_.troubles) add(weight::damage, "unreadable_row", trouble);
    if (!facts_.has_row) {
      session::recording kept = value_;
      kept.now = state::damaged;
      kept.failure = "its session row was lost; its chunks and files are kept";
      finding& lost = add(weight::damage, "session_row_missing", "there are rows of its chunks and none of itself");
      lost.cure.says = "mark the session damaged, so that nobody writes over its files";
      lost.cure.rows = {store::session_row(kept)};
    }
    for (const std::uint32_t index : facts_.stray_progress) {
      finding& stray =
          add(weight::leftover, "stray_progress", fmt::format("progress of chunk {} without a chunk", index));
      stray.cure.says = "remove the row";
      stray.cure.rows = {{session::progress_key(value_.id, index), std::nullopt}};
    }
    if (!facts_.lost_bytes.empty()) {
      std::uint64_t bytes = 0;
      for (const auto& [index, count] : facts_.lost_bytes) bytes += count;
      add(weight::note, "unvouched_bytes",
          fmt::format("{} of {} had not reached the disk when the machine stopped and do not count; the client sends "
                      "them again",
                      human_size(bytes), counted(facts_.lost_bytes.size(), "chunk", "chunks")));
    }
  }

  void judge_tombstone() {
    if (files_.exists && !around_.queued) {
      finding& rest = add(weight::leftover, "removed_session_files", "it was removed and its directory is still there");
      for (const auto& [path, bytes] : files_.files) rest.bytes += bytes;
      rest.cure.says = "remove the directory";
      rest.cure.remove = {around_.directory};
    }
    if (value_.chunks.empty()) return;
    finding& rest =
        add(weight::leftover, "removed_session_rows", "it was removed and rows of its chunks are still there");
    rest.cure.says = "remove the rows";
    for (const auto& [index, one] : value_.chunks.all()) store::forget_chunk(value_.id, index, rest.cure.rows);
  }

  void judge_assembled() {
    const std::string path = completed + value_.file_name;
    bool good = true;
    if (!files_.has(path)) {
      good = false;
      add(weight::damage, "recording_missing",
          fmt::format("{} is not there; its facts say {}. Put it back from a copy", below(path),
                      human_size(value_.size_bytes)));
    } else if (files_.size_of(path) != value_.size_bytes) {
      good = false;
      add(weight::damage, "recording_size",
          fmt::format("{} has {} bytes instead of {}. Put it back from a copy", below(path), files_.size_of(path),
                      value_.size_bytes));
    }
    judge_manifest();
    if (!good || !files_.has_chunks_directory || around_.queued) return;
    finding& sources = add(weight::leftover, "sources", "the recording is finished and its chunks are still there");
    for (const auto& [name, bytes] : files_.files) sources.bytes += name.starts_with("chunks/") ? bytes : 0;
    sources.cure.says = "remove the directory chunks";
    sources.cure.remove = {below("chunks")};
  }

  void judge_manifest() {
    if (const auto version = version_of_manifest(around_.manifest); version > session::manifest_version) {
      add(weight::damage, "manifest_newer",
          fmt::format("{} has version {}, this program reads up to {}: it was written by a newer waveforge",
                      below(completed + std::string{store::manifest_name}), version, session::manifest_version));
      return;
    }
    const std::string problem = manifest_problem();
    if (problem.empty()) return;
    finding& bad = add(weight::damage, around_.manifest.empty() ? "manifest_missing" : "manifest_wrong", problem);
    bad.cure.says = "write recording.meta again from the facts";
    bad.cure.rewrite_manifest = files_.exists;
  }

  [[nodiscard]] std::string manifest_problem() const {
    const std::string path = below(completed + std::string{store::manifest_name});
    if (around_.manifest.empty()) return path + " is missing or empty";
    simdjson::dom::parser parser;
    const simdjson::padded_string text{around_.manifest};
    simdjson::dom::element all;
    if (parser.parse(text).get(all) != simdjson::SUCCESS) return path + " is not JSON";
    std::string_view id;
    std::uint64_t size = 0;
    std::string_view file;
    const bool read = all["session_id"].get(id) == simdjson::SUCCESS && all["size"].get(size) == simdjson::SUCCESS &&
                      all["file"].get(file) == simdjson::SUCCESS;
    if (!read) return path + " lacks session_id, size or file";
    if (id != value_.id.text()) return fmt::format("{} is that of session {}", path, printable(id));
    if (size != value_.size_bytes) return fmt::format("{} says {} bytes, the facts {}", path, size, value_.size_bytes);
    if (file != value_.file_name) return fmt::format("{} names another file: {}", path, printable(file));
    return {};
  }

  /// Where an interrupted assembly goes on: the finished name, the temporary one (adopt only), else from its sources.
  [[nodiscard]] bool assembly_can_go_on_without_sources() const {
    if (files_.size_of(completed + value_.file_name) == value_.size_bytes && files_.has(completed + value_.file_name)) {
      return true;
    }
    const std::string temporary = completed + std::string{store::temporary_recording_name};
    const bool adopts = value_.plan == static_cast<std::uint8_t>(session::plan_kind::adopt);
    return adopts && !files_.has(segment_path) && files_.size_of(temporary) == value_.size_bytes &&
           files_.has(temporary);
  }

  void judge_assembling() {
    if (!assembly_can_go_on_without_sources()) judge_chunks();
    if (around_.queued) return;
    finding& forgotten =
        add(weight::damage, "not_queued", "it is being put together and nothing will make the server go on with that");
    forgotten.cure.says = "queue it for the next start";
    forgotten.cure.rows = {store::work_row(value_.id)};
  }

  void judge_damaged() {
    const bool interrupted = value_.plan != 0;
    if (!(interrupted && assembly_can_go_on_without_sources())) judge_chunks();
    if (!found_.empty() && found_.back().how_bad == weight::damage) return;
    finding& well = add(
        weight::damage, "damage_gone",
        fmt::format("it was set aside as damaged ({}); its files agree with its facts now", printable(value_.failure)));
    session::recording back = value_;
    back.failure.clear();
    back.now = interrupted ? state::assembling : back.total ? state::sealed : state::open;
    if (!interrupted) back.ended_at = {};
    well.cure.says = fmt::format("make it {} again", session::name_of(back.now));
    well.cure.rows = {store::session_row(back)};
    if (interrupted) well.cure.rows.push_back(store::work_row(back.id));
  }

  void judge_chunks() {
    std::uint64_t segment_end = 0;
    for (const auto& [index, one] : value_.chunks.all()) {
      if (one.length_bytes && one.written_bytes > *one.length_bytes) {
        add(weight::damage, "too_many_bytes",
            fmt::format("chunk {} has {} bytes and a length of {}", index, one.written_bytes, *one.length_bytes));
      }
      if (one.written_bytes == 0) continue;
      switch (one.where.where) {
        case home::segment: segment_end = std::max(segment_end, one.where.offset_bytes + one.written_bytes); break;
        case home::own_file: judge_own_file(index, one); break;
        case home::none:
        case home::recording:
          add(weight::damage, "no_place", fmt::format("chunk {} has bytes and no file to have them in", index));
          break;
      }
    }
    if (segment_end == 0 || files_.size_of(segment_path) >= segment_end) return;
    add(weight::damage, files_.has(segment_path) ? "segment_short" : "segment_missing",
        files_.has(segment_path) ? fmt::format("{} ends at {} and chunks at {}", below(segment_path),
                                               files_.size_of(segment_path), segment_end)
                                 : fmt::format("{} is not there and chunks reach to {} in it. Put it back from a copy",
                                               below(segment_path), segment_end));
  }

  void judge_own_file(std::uint32_t index, const session::chunk& one) {
    const std::string path = session::chunk_file_path(index, one.where.generation);
    if (!files_.has(path)) {
      add(weight::damage, "chunk_missing",
          fmt::format("{} is not there and chunk {} has {} bytes. Put it back from a copy", below(path), index,
                      one.written_bytes));
    } else if (files_.size_of(path) < one.written_bytes) {
      add(weight::damage, "chunk_short",
          fmt::format("{} has {} bytes and chunk {} has {}", below(path), files_.size_of(path), index,
                      one.written_bytes));
    }
  }

  /// What the facts speak of, and what an assembly that has begun makes.
  [[nodiscard]] std::set<std::string> named_files() const {
    std::set<std::string> named{segment_path};
    for (const auto& [index, one] : value_.chunks.all()) {
      if (one.where.where != home::segment) named.insert(session::chunk_file_path(index, one.where.generation));
    }
    if (value_.file_name.empty()) return named;
    named.insert(completed + value_.file_name);
    named.insert(completed + std::string{store::manifest_name});
    if (value_.now == state::assembled) return named;
    named.insert(completed + std::string{store::temporary_recording_name});
    named.insert(completed + std::string{store::temporary_manifest_name});
    return named;
  }

  void judge_strays() {
    const bool well = std::ranges::none_of(found_, [](const finding& one) { return one.how_bad == weight::damage; });
    const std::set<std::string> named = named_files();
    for (const auto& [path, bytes] : files_.files) {
      if (named.contains(path)) continue;
      // A finished recording's sources are judged as a whole.
      if (value_.now == state::assembled && path.starts_with("chunks/")) continue;
      judge_stray(path, well).bytes = bytes;
    }
  }

  finding& judge_stray(const std::string& path, bool well) {
    if (is_chunk_file(path)) {
      // A replacement that was broken off, or the file it took the place of.
      finding& stray = add(weight::leftover, "stray_chunk_file", below(path) + " belongs to no chunk");
      stray.cure.says = "remove the file";
      stray.cure.remove = {below(path)};
      return stray;
    }
    if (value_.file_name.empty() && path.starts_with(completed) &&
        path != completed + std::string{store::temporary_manifest_name}) {
      finding& lost = add(weight::damage, "recording_forgotten",
                          below(path) + " may be a recording; its facts know of none, they are older than it");
      lost.orphan = below(path);
      return lost;
    }
    finding& stray = add(weight::leftover, "stray_file",
                         below(path) + (well ? " is in no fact; only `wfctl gc` removes it"
                                             : " is in no fact; it stays while the session has damage"));
    if (well) stray.orphan = below(path);
    return stray;
  }

  const stored_session& facts_;
  const session::recording& value_;
  const session_tree& files_;
  const session_surroundings& around_;
  std::vector<finding> found_;
};

}  // namespace

std::vector<finding> judge_session(const stored_session& facts, const session_tree& files,
                                   const session_surroundings& around) {
  return examination{facts, files, around}.run();
}

}  // namespace wf::ctl
