#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "waveforge/session/session_id.hpp"
#include "wfctl/console.hpp"
#include "wfctl/server_call.hpp"

/// What only the running server may do, asked of it over HTTP.
namespace wf::ctl {

struct assembled {
  std::string session{};
  bool finished{false};  ///< else it is being put together
  std::uint64_t bytes{0};
};

/// POST …/assemble, and then, with `wait`, its status until it is finished. not_found; state_conflict with what is
/// missing; io_failed when the assembly failed.
[[nodiscard]] result<assembled> assemble_session(const server_address& to, const session::session_id& id,
                                                 std::optional<std::uint32_t> total, bool wait, const console& say);
/// DELETE: nothing recorded is left. not_found when there is no such session.
[[nodiscard]] result<void> remove_session(const server_address& to, const session::session_id& id);

}  // namespace wf::ctl
