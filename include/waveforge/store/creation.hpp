#pragma once

#include "waveforge/session/recording.hpp"
#include "waveforge/store/options.hpp"
#include "waveforge/store/requests.hpp"

/// What a creation says about its session, judged and taken over. Pure; the entry's mutex is held.
namespace wf::store {

/// total_conflict, length_conflict (chunkSize), bad_request (index not below the total). `existed`: the chunk is there.
[[nodiscard]] result<void> check_creation(const session::recording& value, const create_request& request, bool existed);
/// First appearance wins; a total that becomes known seals the session. True: the session's row has changed.
bool take_creation(session::recording& value, const create_request& request, utc_time now, bool fresh, layout place);

}  // namespace wf::store
