#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "waveforge/session/recording.hpp"
#include "wfctl/console.hpp"
#include "wfctl/data_dir.hpp"
#include "wfctl/stored_session.hpp"

namespace wf::ctl {

enum class sort_key : std::uint8_t { id, updated, size, state };

/// A line of the list.
struct session_line {
  session::session_id id{};
  session::state state{session::state::open};
  std::uint32_t chunks_complete{0};
  std::optional<std::uint32_t> total_chunks{};
  std::uint64_t bytes{0};  ///< of the recording, or received so far
  std::string recording_name{};
  utc_time created_at{};
  utc_time updated_at{};
};

struct ls_options {
  bool all{false};  ///< tombstones too
  std::optional<session::state> only{};
  std::string contains{};  ///< part of an id or of a name, letters in any case
  sort_key by{sort_key::id};
  std::uint64_t count_max{0};  ///< 0: all
};

struct listing {
  std::vector<session_line> lines{};
  std::map<session::state, std::uint64_t> states{};  ///< of every session, shown or not
  std::uint64_t hidden_tombstones{0};
  std::uint64_t left_out{0};  ///< by count_max
};

[[nodiscard]] session_line line_of(const session::recording& value);
/// "3/12"; "3/?" while the total is not known.
[[nodiscard]] std::string chunks_of(const session_line& line);
[[nodiscard]] paint paint_of(session::state state) noexcept;

[[nodiscard]] result<listing> list_sessions(const data_dir& dir, const ls_options& how, const console& to);
[[nodiscard]] std::string listing_text(const listing& what, utc_time now, const look& with);
[[nodiscard]] std::string listing_json(const listing& what, const data_dir& dir);

}  // namespace wf::ctl
