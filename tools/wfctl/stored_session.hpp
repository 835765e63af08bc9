#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "waveforge/session/fact.hpp"
#include "waveforge/store/facts.hpp"

namespace wf::ctl {

/// A session as its rows have it, the unreadable ones included.
struct stored_session {
  session::recording value{};
  bool has_row{false};    ///< the session row is there
  bool unvouched{false};  ///< some bytes count only because of the era
  /// A sentence for each row that cannot be read or that belongs to nothing.
  std::vector<std::string> troubles{};
  /// Chunks with a progress row but no chunk row.
  std::vector<std::uint32_t> stray_progress{};
  /// Eras other than the present one: bytes they told of beyond what was vouched, by chunk.
  std::map<std::uint32_t, std::uint64_t> lost_bytes{};
};

/// Every session in the order of keys, uploads behind recordings, with its chunks; rows without a session row make one
/// of their own (has_row is false). Reads about a thousand sessions at a time. Ends early when `each` returns false.
[[nodiscard]] result<void> each_session(store::facts& rows, session::era now,
                                        const std::function<bool(stored_session&&)>& each);
/// One of them. It may have nothing.
[[nodiscard]] result<stored_session> read_session(store::facts& rows, const session::session_id& id, session::era now);

}  // namespace wf::ctl
