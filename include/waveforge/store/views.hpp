#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/io/file.hpp"
#include "waveforge/session/index_ranges.hpp"
#include "waveforge/session/session_id.hpp"
#include "waveforge/session/state.hpp"

/// What the store tells about sessions. Every number of bytes in a view is *promised*: it holds at the configured level
/// of durability, whatever happens next.
namespace wf::store {

struct chunk_view {
  chunk_index index{};
  std::uint64_t offset_bytes{0};                ///< promised
  std::optional<std::uint64_t> length_bytes{};  ///< nullopt: deferred
  std::string metadata{};                       ///< Upload-Metadata of the first creation, as it was sent
  std::string concat{};                         ///< Upload-Concat as it was sent; empty: an ordinary upload
  session::state session_state{session::state::open};
  std::optional<utc_time> expires_at{};  ///< nullopt: does not expire

  [[nodiscard]] bool complete() const noexcept { return length_bytes.has_value() && offset_bytes == *length_bytes; }
};

struct recording_view {
  std::uint64_t size_bytes{0};
  std::optional<std::string> sha256_hex{};
};

/// Everything `status` and the events tell.
struct session_view {
  session::session_id id{};
  session::state state{session::state::open};
  std::uint64_t version{0};  ///< grows with every change anyone can see; not kept over a restart
  std::optional<std::uint32_t> total_chunks{};
  std::uint32_t chunks_complete{0};
  session::index_ranges missing{};  ///< not complete; up to the highest index seen while no total
  std::map<std::uint32_t, std::uint64_t> partial{};
  std::uint64_t bytes_received{0};
  double assembly_progress{0};  ///< 0 … 1
  std::string recording_name{};
  std::string format{};
  utc_time created_at{};
  utc_time updated_at{};
  std::optional<utc_time> expires_at{};
  std::optional<recording_view> recording{};
  std::string failure{};  ///< why it is failed or damaged
};

/// A finished recording, open for reading. The file stays readable until the handle goes, a DELETE in between included.
struct recording_handle {
  std::shared_ptr<io::file> file{};
  std::uint64_t size_bytes{0};
  std::string etag{};           ///< strong, quoted
  std::string original_name{};  ///< as the client gave it; not safe as a path
  std::string format{};
  std::string media_type{};
  utc_time finished_at{};
};

/// A line of the operator's list.
struct session_line {
  session::session_id id{};
  session::state state{session::state::open};
  std::uint32_t chunks_complete{0};
  std::optional<std::uint32_t> total_chunks{};
  std::uint64_t bytes_received{0};
  std::string recording_name{};
  utc_time created_at{};
  utc_time updated_at{};
};

struct session_page {
  std::vector<session_line> lines{};
  std::string next{};  ///< pass it as `after` for the next page; empty: this was the last
};

}  // namespace wf::store
