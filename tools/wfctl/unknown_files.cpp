#include "wfctl/unknown_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wfctl/session_tree.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

namespace fs = std::filesystem;

constexpr unsigned fan_out_max = 2;
constexpr std::array own_names{".lock", ".facts", ".pending", ".ballast", ".tus"};

bool is_fan_out_name(std::string_view name) {
  return name.size() == 2 &&
         std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// A session's directory has nothing but these two in it.
bool looks_like_session(const fs::path& directory) {
  std::error_code failure;
  for (auto at = fs::directory_iterator{directory, failure}; !failure && at != fs::directory_iterator{};
       at.increment(failure)) {
    const std::string name = at->path().filename().string();
    if (name == "chunks" || name == "completed") return true;
  }
  return false;
}

class search {
 public:
  search(const data_dir& dir, const std::set<std::string>& directories) : dir_{dir}, known_{directories} {}

  result<std::vector<finding>> run() {
    walk("", session::id_space::recording, fan_out_max);
    walk(".tus", session::id_space::upload, fan_out_max);
    if (!dir_.in_use()) look_into_pending();
    if (failure_) return fail(errc::io_failed, fmt::format("cannot look into the data dir: {}", failure_.message()));
    return std::move(found_);
  }

 private:
  void walk(const std::string& parent, session::id_space space, unsigned levels) {
    std::error_code failure;
    const fs::path directory = dir_.path() / parent;
    for (auto at = fs::directory_iterator{directory, failure}; !failure && at != fs::directory_iterator{};
         at.increment(failure)) {
      const std::string name = at->path().filename().string();
      if (parent.empty() && std::ranges::find(own_names, name) != own_names.end()) continue;
      std::error_code gone;
      look_at_entry(parent.empty() ? name : parent + "/" + name, name, at->is_directory(gone), space, levels);
    }
    if (failure && failure != std::errc::no_such_file_or_directory) failure_ = failure;
  }

  void look_at_entry(const std::string& path, const std::string& name, bool is_directory, session::id_space space,
                     unsigned levels) {
    if (known_.contains(path)) return;
    if (is_directory && levels > 0 && is_fan_out_name(name) && !looks_like_session(dir_.path() / path)) {
      return walk(path, space, levels - 1);
    }
    const auto id = session::session_id::from_stored(space, name);
    if (!is_directory || !id) {
      found_.push_back({weight::note, {}, "foreign_file", path + " is none of the server's", 0, {}, false});
      return;
    }
    // A session may have come, or gone, since its facts were read.
    if (dir_.in_use()) {
      const auto row = dir_.rows().get(session::session_key(*id));
      if (!row || row->has_value()) return;
    }
    add_unknown_session(path, *id);
  }

  void add_unknown_session(const std::string& path, const session::session_id& id) {
    const auto tree = read_tree(dir_.path() / path);
    if (!tree || !tree->exists) return;
    finding one{weight::leftover,
                name_of(id),
                "unknown_session",
                path + " belongs to a session that no fact knows",
                0,
                {},
                false};
    one.orphan = path;
    for (const auto& [name, bytes] : tree->files) one.bytes += bytes;
    if (tree->has("completed/recording.meta")) {
      one.how_bad = weight::damage;
      one.what = "recording_forgotten";
      one.detail = path + " holds a finished recording that no fact knows: the facts were lost, or it was put there";
    } else if (one.bytes == 0) {
      one.cure.says = "remove the empty directory";
      one.cure.remove = {path};
    } else {
      one.detail += "; nothing says what its bytes are worth, so only `wfctl gc` removes it";
    }
    found_.push_back(std::move(one));
  }

  void look_into_pending() {
    const auto tree = read_tree(dir_.path() / ".pending");
    if (!tree) return;
    for (const auto& [name, bytes] : tree->files) {
      finding one{weight::leftover, {}, "pending_body", ".pending/" + name + " outlived its request", bytes, {}, false};
      one.cure.says = "remove the file";
      one.cure.remove = {".pending/" + name};
      found_.push_back(std::move(one));
    }
  }

  const data_dir& dir_;
  const std::set<std::string>& known_;
  std::vector<finding> found_;
  std::error_code failure_{};
};

}  // namespace

result<std::vector<finding>> find_unknown_files(const data_dir& dir, const std::set<std::string>& directories) {
  return search{dir, directories}.run();
}

}  // namespace wf::ctl
