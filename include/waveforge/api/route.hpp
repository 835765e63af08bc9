#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "waveforge/api/context.hpp"

namespace wf::api {

/// Every address there is.
enum class place : std::uint8_t {
  session_chunks,      ///< /files/{sid}/chunks/
  session_chunk,       ///< /files/{sid}/chunks/{cid}
  session,             ///< /files/{sid}
  session_status,      ///< /files/{sid}/status
  session_assemble,    ///< /files/{sid}/assemble
  session_recording,   ///< /files/{sid}/recording
  session_events,      ///< /files/{sid}/events
  session_list,        ///< /files
  tus_collection,      ///< /tus/
  tus_upload,          ///< /tus/{id}
  upload_chunk,        ///< /upload/chunk
  recording_complete,  ///< /recording/complete
  health,
  ready,
  metrics,
  version,
  page,    ///< whatever is left; whether there is one the lookup knows
  server,  ///< "*": OPTIONS of the server as a whole
};

/// What a surface advertises differs (design: surfaces).
enum class surface : std::uint8_t { session, tus, fallback, operations };

[[nodiscard]] surface surface_of(place where) noexcept;
/// tus 1.0.0 speaks here: Tus-Resumable on every answer, X-HTTP-Method-Override obeyed.
[[nodiscard]] bool speaks_tus(place where) noexcept;
/// Probes are answered over plain HTTP from anywhere.
[[nodiscard]] bool is_probe(place where) noexcept;

/// A path, taken apart. Views refer to the path.
struct address {
  place where{place::page};
  std::string_view id{};     ///< {sid} or {id} as sent, not yet checked
  std::string_view chunk{};  ///< {cid} as sent, not yet checked
};

/// `path` as sent, without the query; `tus_base` without a slash at its end. One slash at the end makes no difference,
/// two make another address. Segments are not percent-decoded: no name here needs it, and a path that was written
/// differently is not found rather than guessed. nullopt: below /files/{sid}/ or the tus base, where nothing is.
[[nodiscard]] std::optional<address> find_address(std::string_view path, std::string_view tus_base) noexcept;

struct route {
  place where;
  http::method verb;
  handle_function handle;
  bool needs_version{false};  ///< 412 without Tus-Resumable: 1.0.0
};

[[nodiscard]] std::span<const route> all_routes() noexcept;
/// Null: this address does not take this method, or the store cannot do it.
[[nodiscard]] const route* find_route(place where, http::method verb, const store::capabilities& can) noexcept;
/// "GET, HEAD, OPTIONS": the methods of an address, in a fixed order.
[[nodiscard]] std::string allowed_methods(place where, const store::capabilities& can);

}  // namespace wf::api
