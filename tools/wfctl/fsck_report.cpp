#include <fmt/format.h>

#include <algorithm>

#include "wfctl/fsck.hpp"
#include "wfctl/report.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

std::string fsck_text(const fsck_report& what, bool all, const look& with) {
  std::vector<finding> shown;
  std::ranges::copy_if(what.found, std::back_inserter(shown),
                       [&](const finding& one) { return all || one.mended || one.how_bad == weight::damage; });
  std::string out = findings_text(shown, with);
  if (!out.empty()) out += '\n';
  const std::uint64_t damage = what.count(weight::damage, false);
  const std::uint64_t leftovers = what.count(weight::leftover, false);
  const std::uint64_t mended = what.count(weight::damage, true) + what.count(weight::leftover, true);
  std::string verdict = fmt::format("{} checked: ", counted(what.sessions, "session", "sessions"));
  paint how = paint::green;
  if (damage != 0) {
    verdict += fmt::format("{} of damage", counted(damage, "finding", "findings"));
    how = paint::red;
  } else {
    verdict += "no damage";
  }
  if (leftovers != 0) {
    verdict += fmt::format(", {} ({}) that nobody needs{}", counted(leftovers, "leftover", "leftovers"),
                           human_size(what.leftover_bytes()), all ? "" : " (--all lists them)");
  }
  if (mended != 0) verdict += fmt::format(", {} mended", human_count(mended));
  out += painted(verdict, how, with) + "\n";
  if (what.beside_server && !what.found.empty()) {
    out += "A server is running: what it was changing just then may have been misjudged. Stop it to be sure.\n";
  }
  return out;
}

std::string fsck_json(const fsck_report& what, const data_dir& dir) {
  std::string out;
  json_writer json{out};
  json.begin_object().key("data_dir").value(dir.path().string()).key("sessions").value(what.sessions);
  json.key("damage").value(what.count(weight::damage, false));
  json.key("leftovers").value(what.count(weight::leftover, false));
  json.key("leftover_bytes").value(what.leftover_bytes());
  json.key("mended").value(what.count(weight::damage, true) + what.count(weight::leftover, true));
  json.key("server_running").value(what.beside_server).key("findings").begin_array();
  for (const finding& one : what.found) put_finding(json, one);
  json.end_array().end_object();
  return out + "\n";
}

}  // namespace wf::ctl
