#pragma once

#include <string>
#include <string_view>

#include "waveforge/session/session_id.hpp"
#include "waveforge/store/facts.hpp"

namespace wf::ctl {

/// A row of the facts as one line: kind, id, index, then its fields by the names of docs/storage_format.md. What cannot
/// be read is shown in hexadecimal with the reason.
[[nodiscard]] std::string fact_text(std::string_view key, std::string_view value);
/// Every row of a session, a line each, in the order of the keys.
[[nodiscard]] result<std::string> facts_text(store::facts& rows, const session::session_id& id);

}  // namespace wf::ctl
