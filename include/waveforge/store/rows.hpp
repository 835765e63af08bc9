#pragma once

#include <vector>

#include "waveforge/session/expiry.hpp"
#include "waveforge/session/fact.hpp"
#include "waveforge/store/facts.hpp"

/// Rows of the facts for what is in memory.
namespace wf::store {

[[nodiscard]] fact_write session_row(const session::recording& value);
[[nodiscard]] fact_write chunk_row(const session::session_id& id, std::uint32_t index, const session::chunk& one);
/// `written` bytes of a chunk: vouched for when the round syncs its data first, else counting in this era only, with
/// the last vouched value beside it.
[[nodiscard]] fact_write progress_row(const session::session_id& id, std::uint32_t index, const session::chunk& one,
                                      std::uint64_t written, bool vouched, session::era now);
[[nodiscard]] fact_write work_row(const session::session_id& id);
[[nodiscard]] fact_write no_work_row(const session::session_id& id);
/// The row that has the sweeper look at the session when its time may have come. Nothing when it never may.
void add_expiry_row(const session::recording& value, const session::expiry_rules& rules, std::vector<fact_write>& into);
/// Removes everything about a chunk.
void forget_chunk(const session::session_id& id, std::uint32_t index, std::vector<fact_write>& into);

}  // namespace wf::store
