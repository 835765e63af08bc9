#pragma once

#include <span>
#include <vector>

#include "waveforge/store/remover.hpp"

namespace wf::store {

/// Has what expired go: unfinished sessions, then their tombstones, and finished recordings where the operator wants
/// it. Works off an index of the facts ordered by time ("not before"), a bounded batch at a time and one removal after
/// the other, so that requests hardly notice. A session that was written to since its row was filed is filed again.
/// Runs on one ring, that of the background.
class sweeper {
 public:
  sweeper(store_core& core, io::ring_context& ring, remover& removes) : core_(core), ring_(ring), removes_(removes) {}

  /// Until cancelled.
  [[nodiscard]] io::task<void> run();
  /// One pass over what is due now; how many rows were looked at.
  [[nodiscard]] io::task<result<std::size_t>> sweep();
  /// File the finished recordings, which have no row while nothing makes them expire. Needed at a start that does.
  [[nodiscard]] io::task<result<void>> file_recordings();

 private:
  struct due {
    std::string key;
    session::session_id id;
  };
  [[nodiscard]] result<std::vector<due>> find_due() const;
  /// Rows that replace the one that was due.
  [[nodiscard]] io::task<std::vector<fact_write>> look_at(due one);
  [[nodiscard]] io::task<result<void>> expire(session::session_id id);
  [[nodiscard]] io::task<result<void>> forget(session::session_id id);
  /// The session to itself, if the decision about it is still `step`; null otherwise. Undo with end_exclusive.
  [[nodiscard]] io::task<result<std::shared_ptr<session_entry>>> alone_for(session::session_id id,
                                                                           session::expiry_step step);

  store_core& core_;
  io::ring_context& ring_;
  remover& removes_;
};

}  // namespace wf::store
