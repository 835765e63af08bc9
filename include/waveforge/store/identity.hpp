#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "waveforge/io/file.hpp"
#include "waveforge/session/fact.hpp"
#include "waveforge/store/open_file.hpp"
#include "waveforge/store/options.hpp"

namespace wf::store {

/// What `.lock` says: who last had the data dir, and in which era.
struct identity {
  std::string boot_id{};
  std::string file_system_uuid{};
  std::uint64_t mount_instance{0};
  session::era era{0};
  bool failed_sync{false};
  std::string address{};   ///< "http://127.0.0.1:8080" of the running server
  std::string tus_base{};  ///< "/tus": the path there of plain tus uploads
};

/// `name=value` lines, no longer than one sector, so that rewriting it in place is one write.
[[nodiscard]] std::string encode_identity(const identity& value);
/// damaged when it is cut or garbled: then nothing is known, and a new era begins.
[[nodiscard]] result<identity> decode_identity(std::string_view text);

/// Whether rows of `before`'s era still count in a process that finds itself at `now`: boot, file system and mount are
/// the same and no sync had failed, so that only the process died. Pure.
[[nodiscard]] bool era_outlives_process(const identity& before, const identity& now) noexcept;

/// A data dir that is ours until `lock` closes.
struct claimed_dir {
  std::shared_ptr<open_directory> root{};
  io::file_system_facts file_system{};
  io::file lock{};
  identity now{};
  /// Only the process died since the last time: the era goes on and the page cache is whole.
  bool era_goes_on{false};
};

/// How long whoever wants a data dir for itself waits for its lock. A server that has just stopped may hold it a moment
/// longer: the kernel lets go of a file when it has forgotten the last operation on it, which is after it told that the
/// operation ended.
inline constexpr std::chrono::milliseconds lock_patience{200};
inline constexpr std::chrono::milliseconds lock_again_after{10};

/// Lock the data dir and decide the era: the old one goes on if boot, file system and mount are the same and no sync
/// has failed; else a new one is drawn, written and synced before anything else. Runs on a ring. unavailable: another
/// server has it, with a sentence that says which. io_failed: nobody can tell which era it was.
[[nodiscard]] io::task<result<claimed_dir>> claim_data_dir(environment world, std::string path, recover_mode recover);
/// Write `dir.now` and sync it.
[[nodiscard]] io::task<result<void>> write_identity(claimed_dir& dir);

}  // namespace wf::store
