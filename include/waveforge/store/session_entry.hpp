#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "waveforge/io/body_source.hpp"
#include "waveforge/io/notifier.hpp"
#include "waveforge/session/recording.hpp"
#include "waveforge/store/gate.hpp"
#include "waveforge/store/session_files.hpp"
#include "waveforge/store/space_guard.hpp"
#include "waveforge/store/views.hpp"

namespace wf::store {

/// Who appends to a chunk right now, as far as others must reach it.
struct active_writer {
  io::ring_context* ring{nullptr};
  io::body_source* body{nullptr};  ///< touched on `ring` only
  bool displaced{false};           ///< guarded by the entry's mutex
};

/// A session in memory: its value, who is at work on it, its open files. Shared by all workers.
///
/// Everything under "guarded" needs `mutex`, which is held for well under a microsecond and never across a suspension.
/// Two counters keep the phases apart: `operations` run side by side; an exclusive phase (assembly, removal, expiry,
/// replacement) waits until there are none and lets no new ones start.
class session_entry {
 public:
  session_entry(const environment& world, const options& with, const std::shared_ptr<open_directory>& root,
                file_budget& budget, const session::session_id& id)
      : files(world, with, root, budget, id), id_(id) {
    value.id = id;
  }

  std::mutex mutex;
  io::notifier changed;  ///< notified after every change to what is guarded, outside the mutex

  // Guarded:
  session::recording value{};
  bool known{false};  ///< the session exists (or is a tombstone); else it is only being looked up or made
  /// How often the session's row has changed, and up to which change it is recorded. A change whose round failed for
  /// lack of room is still made here, so it goes with the next one.
  std::uint64_t row_changes{1};
  std::uint64_t row_recorded{0};
  bool manifest_due{false};  ///< a name or metadata is not in recording.meta yet
  bool assembling_queued{false};
  bool finishing{false};  ///< the row that says it is assembled, or gone, has been made: none may be behind it
  /// A removal of the session, or of a chunk of it, may or may not be on the disk. Whatever were told of it now might
  /// not be true after the next start.
  bool removal_in_doubt{false};
  std::uint64_t version{1};
  std::map<std::uint32_t, std::shared_ptr<active_writer>> writers{};
  /// Who sends bytes again that are there already, once nobody can write any more; only to be interrupted.
  std::vector<std::shared_ptr<active_writer>> comparing{};
  /// Chunks whose new bytes are whole and wait for the round that records them.
  std::set<std::uint32_t> replacing{};
  std::uint32_t operations{0};
  bool exclusive{false};
  double assembly_progress{0};
  space_guard::share reserved{};  ///< bytes of created chunks that have not come yet
  steady_time used_at{};

  gate late_changes;  ///< of a finished recording: two would write one temporary manifest
  session_files files;

  [[nodiscard]] const session::session_id& id() const noexcept { return id_; }

  /// Guarded. The row must go with whatever is recorded next.
  [[nodiscard]] bool row_is_due() const noexcept { return row_recorded < row_changes; }
  /// Guarded. What observers are told.
  [[nodiscard]] session_view view(const session::expiry_rules& rules) const;
  [[nodiscard]] chunk_view view_chunk(std::uint32_t index, const session::chunk& one,
                                      const session::expiry_rules& rules) const;
  /// Guarded. Every byte of the recording is written, or in a round that was begun. Whoever begins the one that makes
  /// it so brings the row of work: nobody has to come back for the recording to be put together.
  [[nodiscard]] bool is_whole() const;
  /// Guarded. expired, cancelled, damaged (locked for `settle`), not_found, or io_failed (a removal in doubt): why
  /// nothing can be done with the session.
  [[nodiscard]] result<void> usable() const;

 private:
  session::session_id id_;
};

/// Counts one operation of a session for as long as it lives.
class session_hold {
 public:
  session_hold() noexcept = default;
  /// The caller counted it already, under the mutex.
  explicit session_hold(std::shared_ptr<session_entry> entry) noexcept : entry_(std::move(entry)) {}
  session_hold(session_hold&& other) noexcept = default;
  session_hold& operator=(session_hold&& other) noexcept {
    if (this != &other) {
      release();
      entry_ = std::move(other.entry_);
    }
    return *this;
  }
  ~session_hold() { release(); }
  void release() noexcept;
  [[nodiscard]] session_entry& operator*() const noexcept { return *entry_; }
  [[nodiscard]] session_entry* operator->() const noexcept { return entry_.get(); }
  [[nodiscard]] const std::shared_ptr<session_entry>& entry() const noexcept { return entry_; }
  explicit operator bool() const noexcept { return entry_ != nullptr; }

 private:
  std::shared_ptr<session_entry> entry_;
};

}  // namespace wf::store
