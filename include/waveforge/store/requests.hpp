#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "waveforge/base/result.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/session/session_id.hpp"
#include "waveforge/store/views.hpp"

/// What the store is asked for: plain values, already parsed and judged.
namespace wf::store {

/// What a creation says about the recording as a whole. First appearance wins, but a total not yet known is taken.
struct recording_hints {
  std::optional<std::uint64_t> chunk_size_bytes{};  ///< length of every chunk but the last
  std::optional<std::uint32_t> total_chunks{};
  std::string name{};
  std::string format{};
  std::optional<std::uint64_t> duration_ms{};
};

struct create_request {
  session::session_id id{};
  chunk_index index{};
  std::optional<std::uint64_t> length_bytes{};  ///< nullopt: deferred, or known at the end of the body (replace)
  std::uint64_t length_bytes_max{0};            ///< what a deferred or streamed length may become
  recording_hints hints{};
  std::string metadata{};  ///< Upload-Metadata as sent
  std::string concat{};    ///< Upload-Concat as sent: "partial", "final;…", or empty
  /// Blocks it will take; nullopt: its length. Only this much is asked for and reserved.
  std::optional<std::uint64_t> room_bytes{};
};

struct created_chunk {
  chunk_view chunk{};
  bool existed{false};
  session::session_id id{};  ///< of a concatenation: the upload made now, or found
};

/// A check of a body against a digest that was sent with it. While one is given, none of the body's bytes count until
/// verify() said yes.
class body_check {
 public:
  virtual ~body_check() = default;
  virtual void update(std::span<const std::byte> bytes) = 0;
  /// Once, after the last byte: checksum_mismatch, or bad_request when an announced trailer did not come.
  [[nodiscard]] virtual result<void> verify() = 0;
};

struct append_options {
  /// The offset the caller judged; where the first byte of the body belongs. With `compare_held`, 0.
  std::uint64_t offset_bytes{0};
  /// Upload-Length of a deferred upload, declared with this body.
  std::optional<std::uint64_t> declare_length_bytes{};
  body_check* check{nullptr};
  /// Creation-with-upload sent again: the body starts at byte 0; what is already held is compared and dropped
  /// (content_conflict when it differs), the rest is appended.
  bool compare_held{false};
};

struct assemble_request {
  session::session_id id{};
  /// Replaces an earlier total and drops the chunks from there on. nullopt: the total as known, else the highest index
  /// + 1.
  std::optional<std::uint32_t> total_chunks{};
  std::optional<std::string> name{};           ///< also recorded after assembly
  std::optional<std::string> metadata_json{};  ///< a JSON object, kept verbatim in recording.meta
};

struct concatenate_request {
  std::vector<session::session_id> parts{};  ///< in order, repeats allowed
  std::string concat{};                      ///< Upload-Concat as sent
  std::string metadata{};
  recording_hints hints{};
  bool parts_may_be_unfinished{false};
  session::session_id id{};                         ///< the name it gets if it is not there yet
  std::optional<std::uint64_t> length_bytes_max{};  ///< of the sum: too_large
};

}  // namespace wf::store
