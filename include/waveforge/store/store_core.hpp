#pragma once

#include <memory>
#include <optional>

#include "waveforge/store/committer.hpp"
#include "waveforge/store/options.hpp"
#include "waveforge/store/session_cache.hpp"
#include "waveforge/store/space_guard.hpp"

namespace wf::store {

class assembler;

/// What the parts of the file store share: where it lives, the facts, the rounds, the sessions in memory, and the few
/// moves every operation is made of.
struct store_core {
  environment world;
  options with;
  std::shared_ptr<open_directory> root;
  io::file_system_facts file_system;
  session::era era;
  facts& rows;
  committer& commits;
  session_cache& sessions;
  space_guard& space;
  ballast& spare;
  assembler* assembles{nullptr};

  /// Count an operation of a session that exists and can be used; waits while it is exclusive. not_found, expired,
  /// cancelled, damaged, locked.
  [[nodiscard]] io::task<result<session_hold>> open(session::session_id id);
  /// The same for a session that may not exist yet.
  [[nodiscard]] io::task<result<session_hold>> open_or_make(session::session_id id);
  /// The same for who will change the session's row, until then: open() lets into a session that is past ingest while
  /// it is exclusive, and there a row would be written behind the one that ends the phase.
  [[nodiscard]] io::task<result<session_hold>> open_to_change(session::session_id id, io::deadline until);
  /// Wait for the round that covers what is written of the chunk now.
  [[nodiscard]] io::task<result<void>> promise(std::shared_ptr<session_entry> entry, std::uint32_t index);
  /// Wait until nobody writes to the chunk and everything written of it is promised; where an earlier round failed (the
  /// disk was full), by another one. `displace`: ask a writer to let go. With `claim`, becomes its writer in the same
  /// moment; `may_be_missing`: also of a chunk that is to be created by it. locked when it takes longer than
  /// limits::settle_timeout.
  [[nodiscard]] io::task<result<void>> settle(std::shared_ptr<session_entry> entry, std::uint32_t index, bool displace,
                                              std::shared_ptr<active_writer> claim, bool may_be_missing = false);
  /// Keep new operations out and wait for those that run; `cut`: interrupt their bodies. Undone by end_exclusive.
  [[nodiscard]] io::task<result<void>> begin_exclusive(session_entry& entry, bool cut, io::deadline until);
  void end_exclusive(session_entry& entry);
  /// Write a round that vouches for everything written of the session: data, names, rows.
  [[nodiscard]] io::task<result<void>> vouch_all(const std::shared_ptr<session_entry>& entry);

  /// Guarded by the entry's mutex: something others can see has changed. Call changed.notify_all() afterwards.
  static void touch(session_entry& entry) noexcept { ++entry.version; }
  /// Queue the session for assembly when it is ready for it. After the mutex was released.
  void assemble_if_ready(const std::shared_ptr<session_entry>& entry);
  /// Facts about creations and deletions are synced at every level that promises anything.
  [[nodiscard]] bool syncs_changes() const noexcept { return with.level != durability::none; }

 private:
  /// Begin that round; null: all of it is promised. Rows are begun under the lock under which they are made, here and
  /// everywhere: made before and begun after another's, an older one would be the last that is written.
  [[nodiscard]] committer::begun begin_promise(const std::shared_ptr<session_entry>& entry, std::uint32_t index);
  enum class purpose : std::uint8_t { look, change, make };
  [[nodiscard]] io::task<result<session_hold>> enter(session::session_id id, purpose what_for, io::deadline until);
  static void displace_writer(const std::shared_ptr<active_writer>& holder);
};

}  // namespace wf::store
