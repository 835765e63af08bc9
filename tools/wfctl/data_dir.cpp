#include "wfctl/data_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "waveforge/io/kernel.hpp"
#include "waveforge/store/identity.hpp"
#include "waveforge/store/rocks_facts.hpp"
#include "waveforge/store/session_files.hpp"

namespace wf::ctl {

namespace {

namespace fs = std::filesystem;

result<void> check_is_data_dir(const fs::path& path) {
  std::error_code failure;
  if (fs::exists(path / ".facts" / "CURRENT", failure)) return {};
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return fail(errc::io_failed, fmt::format("cannot look into {}: {}", path.string(), failure.message()));
  }
  if (!fs::is_directory(path, failure)) {
    return fail(errc::bad_request, fmt::format("there is no directory {}; name the server's with --data-dir or "
                                               "WAVEFORGE_DATA_DIR",
                                               path.string()));
  }
  return fail(errc::bad_request,
              fmt::format("{} is not a data dir: it has no .facts; name the directory that the server was started with",
                          path.string()));
}

result<store::identity> read_identity(const fs::path& data_dir) {
  std::ifstream file{data_dir / ".lock", std::ios::binary};
  if (!file) return fail(errc::not_found, fmt::format("{} cannot be read", (data_dir / ".lock").string()));
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return store::decode_identity(text);
}

result<fs::path> make_scratch() {
  std::error_code failure;
  const fs::path parent = fs::temp_directory_path(failure);
  std::string name = ((failure ? fs::path{"/tmp"} : parent) / "wfctl-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(os_error(errno, fmt::format("make a directory for notes in {} (TMPDIR chooses another)", name)));
  }
  return fs::path{name};
}

/// A lock beside which others of its kind may be held, and none that is somebody's own. False: somebody has that.
result<bool> try_shared_lock(int fd) {
  if (::flock(fd, LOCK_SH | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return fail(os_error(errno, "lock .lock"));
}

/// A lock of our own, also a moment after the server was stopped.
result<bool> lock_patiently(int fd) {
  const auto until = std::chrono::steady_clock::now() + store::lock_patience;
  for (;;) {
    const auto ours = io::real_kernel().try_lock(fd);
    if (!ours || *ours || std::chrono::steady_clock::now() >= until) return ours;
    std::this_thread::sleep_for(store::lock_again_after);
  }
}

server_note note_of(const store::identity& read) {
  return {read.address, read.tus_base, read.era, read.failed_sync};
}

}  // namespace

result<server_note> read_lock(const fs::path& data_dir) {
  const auto read = read_identity(data_dir);
  if (!read) return fail(read.error());
  return note_of(*read);
}

result<server_note> find_server(const fs::path& data_dir) {
  if (auto fit = check_is_data_dir(data_dir); !fit) return fail(fit.error());
  const auto nobody = [&] {
    return fail(errc::unavailable,
                fmt::format("no server has the data dir {}; start one, or name one that listens elsewhere with --url",
                            data_dir.string()));
  };
  const fs::path file = data_dir / ".lock";
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const int why = errno;
  if (fd < 0 && why == ENOENT) return nobody();
  if (fd < 0) return fail(os_error(why, fmt::format("open {}", file.string())));
  const auto free = try_shared_lock(fd);
  ::close(fd);
  if (!free) return fail(free.error());
  if (*free) return nobody();
  auto note = read_lock(data_dir);
  if (!note || note->address.empty()) {
    return fail(errc::unavailable,
                fmt::format("{} does not say where its server listens; name it with --url", file.string()));
  }
  return note;
}

result<data_dir> data_dir::open(const fs::path& path, claim how, bool write) {
  if (auto fit = check_is_data_dir(path); !fit) return fail(fit.error());
  data_dir made;
  made.path_ = path;
  if (auto locked = made.take_lock(how); !locked) return fail(locked.error());
  made.judge_era();
  const std::string facts = (path / ".facts").string();
  if (write) {
    auto rows = store::open_rocks_facts(facts, store::facts_access::owner);
    if (!rows) return fail(rows.error());
    made.rows_ = std::move(*rows);
    return made;
  }
  const auto scratch = make_scratch();
  if (!scratch) return fail(scratch.error());
  auto rows = store::open_rocks_facts(facts, store::facts_access::observer, scratch->string());
  // The reader's own log is in there and stays open. A name would be left over when a signal or a closed pipe ends us.
  std::error_code ignored;
  fs::remove_all(*scratch, ignored);
  if (!rows) return fail(rows.error());
  made.rows_ = std::move(*rows);
  return made;
}

data_dir::data_dir(data_dir&& other) noexcept
    : path_{std::move(other.path_)},
      rows_{std::move(other.rows_)},
      server_{std::move(other.server_)},
      era_{other.era_},
      lock_fd_{std::exchange(other.lock_fd_, -1)},
      in_use_{other.in_use_} {}

data_dir::~data_dir() {
  rows_.reset();
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

result<void> data_dir::take_lock(claim how) {
  if (how == claim::none) return {};
  const fs::path file = path_ / ".lock";
  // A lock that nobody can hold yet is as good as ours only once it exists: a server would make it.
  const int flags = how == claim::required ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC;
  lock_fd_ = ::open(file.c_str(), flags, 0600);
  if (lock_fd_ < 0) {
    if (how == claim::if_free) return {};
    return fail(os_error(errno, fmt::format("open {}", file.string())));
  }
  const auto ours = how == claim::required ? lock_patiently(lock_fd_) : try_shared_lock(lock_fd_);
  if (!ours) return fail(ours.error());
  in_use_ = !*ours;
  if (!in_use_) return {};
  const auto only_read = how == claim::required ? try_shared_lock(lock_fd_) : false;
  ::close(std::exchange(lock_fd_, -1));
  if (how == claim::if_free) return {};
  if (only_read && *only_read) {
    return fail(errc::unavailable,
                fmt::format("another wfctl is reading the data dir {}; try again when it has ended", path_.string()));
  }
  const auto who = read_lock(path_);
  const std::string at = who && !who->address.empty() ? " at " + who->address : std::string{};
  return fail(errc::unavailable,
              fmt::format("a server{} has the data dir {}; stop it first, then try again", at, path_.string()));
}

void data_dir::judge_era() {
  const auto before = read_identity(path_);
  if (before) server_ = note_of(*before);
  // One that no row has: eras are drawn from 64 random bits.
  era_ = ~server_.era;
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  store::identity now;
  now.boot_id = io::real_kernel().boot_id();
  if (const auto facts = io::real_kernel().file_system_of(fd)) {
    now.file_system_uuid = facts->uuid;
    now.mount_instance = facts->mount_instance;
  }
  ::close(fd);
  if (before && store::era_outlives_process(*before, now)) era_ = server_.era;
}

fs::path find_session_directory(const fs::path& data_dir, const session::session_id& id) {
  constexpr unsigned fan_out_max = 2;
  std::error_code ignored;
  for (unsigned levels = 0; levels <= fan_out_max; ++levels) {
    fs::path candidate = data_dir / store::session_path(id, levels);
    if (fs::is_directory(candidate, ignored)) return candidate;
  }
  return {};
}

fs::path session_directory(const fs::path& data_dir, const session::session_id& id) {
  fs::path found = find_session_directory(data_dir, id);
  return found.empty() ? data_dir / store::session_path(id, 0) : found;
}

std::string name_of(const session::session_id& id) {
  const std::string_view prefix = id.space() == session::id_space::upload ? "tus/" : "";
  return fmt::format("{}{}", prefix, id.text());
}

result<session::session_id> parse_name(std::string_view text) {
  for (const std::string_view prefix : {".tus/", "tus/"}) {
    if (text.starts_with(prefix)) return session::session_id::parse_upload(text.substr(prefix.size()));
  }
  return session::session_id::parse(text, session::id_format::token);
}

result<session::session_id> find_session(store::facts& rows, std::string_view text) {
  const bool upload = text.starts_with("tus/") || text.starts_with(".tus/");
  if (const auto whole = parse_name(text)) {
    const auto row = rows.get(session::session_key(*whole));
    if (!row) return fail(row.error());
    if (row->has_value()) return *whole;
  }
  std::string prefix{static_cast<char>(session::fact_kind::session)};
  prefix += upload ? 'u' : 'r';
  prefix += text.substr(upload ? text.find('/') + 1 : 0);
  std::vector<session::session_id> found;
  const auto scanned = rows.scan(prefix, prefix, [&](std::string_view key, std::string_view) {
    if (const auto parsed = session::parse_key(key)) found.push_back(parsed->id);
    return found.size() < 3;
  });
  if (!scanned) return fail(scanned.error());
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return fail(errc::not_found, fmt::format("there is no session '{}'; `wfctl ls --all` lists those there are", text));
  }
  return fail(errc::bad_request, fmt::format("several sessions begin with '{}': {}, {}{}; give more of the id", text,
                                             name_of(found[0]), name_of(found[1]), found.size() > 2 ? ", …" : ""));
}

}  // namespace wf::ctl
