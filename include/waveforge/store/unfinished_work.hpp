#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "waveforge/store/assembler.hpp"
#include "waveforge/store/joiner.hpp"
#include "waveforge/store/remover.hpp"

namespace wf::store {

/// Sees to it that what was begun comes to its end without being asked for: what an earlier process left, assemblies
/// that failed for a reason that may have passed, and those for which the queue had no place. All of it has a row of
/// work, so however much there is, only a bounded part of it is in memory. Runs on one ring, that of the background.
class unfinished_work {
 public:
  /// `beside` holds what waits for the requests of a session to end.
  unfinished_work(store_core& core, io::ring_context& ring, assembler& assembles, remover& removes, joiner& joins,
                  io::task_scope& beside);

  /// Until cancelled.
  [[nodiscard]] io::task<void> run();

 private:
  enum class occasion : std::uint8_t {
    start,      ///< whatever an earlier process was at
    left_out,   ///< an assembly that may not be queued
    try_again,  ///< an assembly that failed
  };
  struct job {
    session::session_id id;
    occasion why;
  };

  /// Something has a row of work and nothing else by which it would be remembered.
  [[nodiscard]] bool something_left_out();
  /// The next rows of the pass over all of them; what cannot be read now is read again at the next look.
  [[nodiscard]] io::task<void> go_on();
  /// Many at a time, so that what their sessions need of the disk is one round.
  [[nodiscard]] io::task<void> take_up_all(std::vector<job> jobs);
  [[nodiscard]] io::task<void> take_up(job one);
  void take_up_assembly(const std::shared_ptr<session_entry>& entry, occasion why);
  void take_up_at_start(const std::shared_ptr<session_entry>& entry);
  /// What an earlier process had begun to remove, when no request works on the session: one that removes it too, or
  /// begins it anew, would meet us in its directory.
  [[nodiscard]] io::task<void> clear_away(std::shared_ptr<session_entry> entry);
  [[nodiscard]] io::task<void> clear_away_alone(std::shared_ptr<session_entry> entry);

  store_core& core_;
  io::ring_context& ring_;
  assembler& assembles_;
  remover& removes_;
  joiner& joins_;
  io::task_scope& beside_;
  occasion pass_{occasion::start};
  bool passing_{true};
  std::string from_;                                          ///< the row at which the pass goes on
  std::unordered_map<session::session_id, occasion> unread_;  ///< sessions that could not be loaded
  std::size_t clearing_{0};                                   ///< sessions that are cleared away just now
  io::notifier cleared_;
};

}  // namespace wf::store
