#include "wfctl/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "waveforge/base/json_writer.hpp"
#include "wfctl/data_dir.hpp"
#include "wfctl/export.hpp"
#include "wfctl/fsck.hpp"
#include "wfctl/gc.hpp"
#include "wfctl/ls.hpp"
#include "wfctl/remote.hpp"
#include "wfctl/scrub.hpp"
#include "wfctl/show.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

result<exit_status> run_ls(const command& asked, const console& to) {
  const auto dir = data_dir::open(asked.data_dir, claim::none);
  if (!dir) return fail(dir.error());
  const auto listed = list_sessions(*dir, asked.list, to);
  if (!listed) return fail(listed.error());
  to.print(to.json() ? listing_json(*listed, *dir) : listing_text(*listed, to.now(), to.style()));
  return exit_status::done;
}

result<exit_status> run_show(const command& asked, const console& to) {
  const auto dir = data_dir::open(asked.data_dir, claim::none);
  if (!dir) return fail(dir.error());
  const auto id = find_session(dir->rows(), asked.session);
  if (!id) return fail(id.error());
  const auto seen = look_at(*dir, *id, to.json() || !asked.brief);
  if (!seen) return fail(seen.error());
  to.print(to.json() ? sight_json(*seen) : sight_text(*seen, to.now(), asked.brief, to.style()));
  return exit_status::done;
}

std::string_view comparison_of(std::string_view compared_with) {
  if (compared_with == "sha256") return ", as it was finished";
  if (compared_with == "crc32c") return "; the crc32c of every chunk is as it was finished";
  return "; no digest was taken to compare with";
}

result<exit_status> run_export(const command& asked, const console& to) {
  const auto dir = data_dir::open(asked.data_dir, claim::none);
  if (!dir) return fail(dir.error());
  const auto id = find_session(dir->rows(), asked.session);
  if (!id) return fail(id.error());
  const auto done = export_recording(*dir, *id, asked.file, asked.force, to);
  if (!done) return fail(done.error());
  if (asked.file == "-") return exit_status::done;
  if (!to.json()) {
    to.print(fmt::format("{}: {} from {}\nsha256 {}{}\n", done->file, human_size(done->bytes), done->session,
                         done->sha256, comparison_of(done->compared_with)));
    return exit_status::done;
  }
  std::string out;
  json_writer json{out};
  json.begin_object().key("session_id").value(done->session).key("file").value(done->file);
  json.key("size").value(done->bytes).key("sha256").value(done->sha256);
  json.key("digest_known").value(done->compared_with != "none");
  json.key("compared_with").value(done->compared_with).end_object();
  to.print(out + "\n");
  return exit_status::done;
}

result<exit_status> run_fsck(const command& asked, const console& to) {
  const auto dir = data_dir::open(asked.data_dir, asked.repair ? claim::required : claim::if_free, asked.repair);
  if (!dir) return fail(dir.error());
  auto checked = check_data_dir(*dir, to);
  if (!checked) return fail(checked.error());
  if (asked.repair) {
    if (auto mended = mend(*dir, *checked, to); !mended) return fail(mended.error());
  }
  to.print(to.json() ? fsck_json(*checked, *dir) : fsck_text(*checked, asked.list.all, to.style()));
  return checked->good() ? exit_status::done : exit_status::found;
}

result<exit_status> run_scrub(const command& asked, const console& to) {
  const auto dir = data_dir::open(asked.data_dir, claim::none);
  if (!dir) return fail(dir.error());
  std::optional<session::session_id> only;
  if (!asked.session.empty()) {
    auto id = find_session(dir->rows(), asked.session);
    if (!id) return fail(id.error());
    only = *id;
  }
  const auto read = scrub(*dir, only, asked.bytes_per_s, to);
  if (!read) return fail(read.error());
  const bool each = asked.list.all || only.has_value();
  to.print(to.json() ? scrub_json(*read, *dir) : scrub_text(*read, each, to.style()));
  return read->good() ? exit_status::done : exit_status::found;
}

result<exit_status> run_gc(const command& asked, const console& to) {
  const auto dir = data_dir::open(asked.data_dir, claim::required, !asked.dry_run);
  if (!dir) return fail(dir.error());
  auto garbage = find_garbage(*dir, asked.expiry, asked.forgotten_recordings, to);
  if (!garbage) return fail(garbage.error());
  if (!asked.dry_run) {
    if (auto removed = mend(*dir, *garbage, to); !removed) return fail(removed.error());
  }
  to.print(to.json() ? garbage_json(*garbage, asked.dry_run, *dir) : garbage_text(*garbage, asked.dry_run, to.style()));
  return exit_status::done;
}

/// --url, else the server that has the data dir.
result<server_address> server_of(const command& asked) {
  server_address to{asked.url, asked.ca_file};
  const auto note = asked.url.empty() ? find_server(asked.data_dir) : read_lock(asked.data_dir);
  if (note && !note->tus_base.empty()) to.tus_base = note->tus_base;
  if (!asked.url.empty()) return to;  // another machine's may have no data dir here
  if (!note) return fail(note.error());
  to.url = note->address;
  return to;
}

result<exit_status> run_assemble(const command& asked, const console& to) {
  const auto id = parse_name(asked.session);
  if (!id) return fail(id.error());
  const auto server = server_of(asked);
  if (!server) return fail(server.error());
  const auto done = assemble_session(*server, *id, asked.total, !asked.no_wait, to);
  if (!done) return fail(done.error());
  if (!to.json()) {
    to.print(done->finished ? fmt::format("{} is assembled: {}\n", done->session, human_size(done->bytes))
                            : fmt::format("{} is being put together\n", done->session));
    return exit_status::done;
  }
  std::string out;
  json_writer json{out};
  json.begin_object().key("session_id").value(done->session).key("assembled").value(done->finished);
  json.key("size").value(done->bytes).end_object();
  to.print(out + "\n");
  return exit_status::done;
}

std::string removal_json(const std::vector<std::string>& removed,
                         const std::vector<std::pair<std::string, error>>& failed) {
  std::string out;
  json_writer json{out};
  json.begin_object().key("removed").begin_array();
  for (const std::string& name : removed) json.value(name);
  json.end_array().key("failed").begin_array();
  for (const auto& [name, why] : failed) {
    json.begin_object().key("session_id").value(name).key("code").value(name_of(why.code));
    json.key("detail").value(why.detail).end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

result<exit_status> run_rm(const command& asked, const console& to) {
  std::vector<session::session_id> ids;
  for (const std::string& name : asked.sessions) {
    const auto id = parse_name(name);
    if (!id) return fail(id.error());
    ids.push_back(*id);
  }
  const auto server = server_of(asked);
  if (!server) return fail(server.error());
  // One that is not there, or no id at all, says nothing of the others; a server that does not answer does.
  exit_status worst = exit_status::done;
  std::vector<std::string> removed;
  std::vector<std::pair<std::string, error>> failed;
  for (const auto& id : ids) {
    const auto gone = remove_session(*server, id);
    if (gone) {
      removed.push_back(name_of(id));
      if (!to.json()) to.print(fmt::format("{} is removed\n", removed.back()));
      continue;
    }
    to.refuse_one(gone.error());
    failed.emplace_back(name_of(id), gone.error());
    worst = std::max(worst, status_of(gone.error()));
    if (worst >= exit_status::busy) break;
  }
  if (to.json()) to.print(removal_json(removed, failed));
  return worst;
}

}  // namespace

result<exit_status> run(const command& asked, const console& to) {
  switch (asked.what) {
    case verb::ls: return run_ls(asked, to);
    case verb::show: return run_show(asked, to);
    case verb::fsck: return run_fsck(asked, to);
    case verb::scrub: return run_scrub(asked, to);
    case verb::assemble: return run_assemble(asked, to);
    case verb::rm: return run_rm(asked, to);
    case verb::gc: return run_gc(asked, to);
    case verb::export_file: return run_export(asked, to);
  }
  return exit_status::usage;
}

}  // namespace wf::ctl
