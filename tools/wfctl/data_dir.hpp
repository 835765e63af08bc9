#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "waveforge/base/result.hpp"
#include "waveforge/session/fact.hpp"
#include "waveforge/store/facts.hpp"

namespace wf::ctl {

/// What .lock says of the server that has the data dir, or had it last.
struct server_note {
  std::string address{};   ///< "http://127.0.0.1:8080"; empty when it could not be noted
  std::string tus_base{};  ///< "/tus": below it lie plain tus uploads
  session::era era{0};
  bool failed_sync{false};  ///< the disk lost writes: the server takes nothing more until it is started again
};

/// Who else may be at work in the data dir while it is open here.
enum class claim : std::uint8_t {
  none,      ///< anybody: what is read may change the next moment
  if_free,   ///< nobody but readers such as this one if it can be had; else as `none`
  required,  ///< nobody, or unavailable with a sentence that says who has it
};

/// A data dir, opened for looking at or for mending; a single thread's. While it is claimed no server can start on it.
class data_dir {
 public:
  /// bad_request when `path` is no data dir. Reading leaves no trace; `write` (with claim::required) opens the facts as
  /// their owner, which replays their log.
  [[nodiscard]] static result<data_dir> open(const std::filesystem::path& path, claim how, bool write = false);
  ~data_dir();
  data_dir(data_dir&& other) noexcept;
  data_dir& operator=(data_dir&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] store::facts& rows() const noexcept { return *rows_; }
  /// A server has it now (only known when a claim was tried).
  [[nodiscard]] bool in_use() const noexcept { return in_use_; }
  /// Of .lock; an empty one when there is none that can be read.
  [[nodiscard]] const server_note& server() const noexcept { return server_; }
  /// Rows with this era count. One that no row has, after a crash of the machine.
  [[nodiscard]] session::era era() const noexcept { return era_; }
  /// Nothing but a process has died since: rows with an era count.
  [[nodiscard]] bool era_counts() const noexcept { return era_ == server_.era; }

 private:
  data_dir() = default;
  [[nodiscard]] result<void> take_lock(claim how);
  /// Reads .lock and decides which era counts.
  void judge_era();

  std::filesystem::path path_;
  std::unique_ptr<store::facts> rows_;
  server_note server_{};
  session::era era_{0};
  int lock_fd_{-1};
  bool in_use_{false};
};

/// What .lock says; damaged or not_found.
[[nodiscard]] result<server_note> read_lock(const std::filesystem::path& data_dir);

/// What .lock says while somebody holds it who is no reader: without a server it names an address where, by now,
/// anybody may listen. unavailable when none does or it could not note an address, bad_request when there is no data
/// dir.
[[nodiscard]] result<server_note> find_server(const std::filesystem::path& data_dir);

/// The directory of a session, wherever fan-out has put it; empty when there is none.
[[nodiscard]] std::filesystem::path find_session_directory(const std::filesystem::path& data_dir,
                                                           const session::session_id& id);
/// The same, or where it would be without fan-out: a path to open files below, which then are not there. An empty one
/// would be the working directory.
[[nodiscard]] std::filesystem::path session_directory(const std::filesystem::path& data_dir,
                                                      const session::session_id& id);

/// The session that `text` names: a whole id, "tus/ID" for a plain tus upload, or the beginning of one id only.
/// not_found, or bad_request when several begin so.
[[nodiscard]] result<session::session_id> find_session(store::facts& rows, std::string_view text);
/// The id in `text` as it stands, without looking.
[[nodiscard]] result<session::session_id> parse_name(std::string_view text);
/// What find_session takes back: "ID", or "tus/ID".
[[nodiscard]] std::string name_of(const session::session_id& id);

}  // namespace wf::ctl
