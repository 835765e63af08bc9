#pragma once

#include <memory>

#include "waveforge/store/store_core.hpp"

namespace wf::store {

/// Takes the bytes of sessions away: of cancelled ones, of expired ones, and of those whose removal a crash
/// interrupted. Any ring.
class remover {
 public:
  explicit remover(store_core& core) : core_(core) {}

  /// Make a tombstone of the session, then remove its bytes. `why` is cancelled or expired. The caller has the session
  /// to itself (store_core::begin_exclusive). The fact is on stable storage before the first byte is touched: half a
  /// recording must not come back. An error leaves the tombstone, and the rest for the next start.
  [[nodiscard]] io::task<result<void>> bury(std::shared_ptr<session_entry> entry, session::state why);
  /// What a tombstone's removal still has to do; repeatable.
  [[nodiscard]] io::task<result<void>> remove_bytes(std::shared_ptr<session_entry> entry);

 private:
  store_core& core_;
};

/// Remove a directory and everything below it, if it is there. Symbolic links are removed, not followed.
[[nodiscard]] io::task<result<void>> remove_tree(const io::directory& parent, std::string name);

}  // namespace wf::store
