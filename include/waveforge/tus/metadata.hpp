#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waveforge/base/result.hpp"
#include "waveforge/base/units.hpp"

namespace wf::tus {

/// One pair of Upload-Metadata, its value decoded.
struct metadata_pair {
  std::string key{};
  std::string value{};  ///< empty both for `key` and for `key ` without a value
};

/// Upload-Metadata (tus 1.0.0, Creation): `key base64, key base64, key`.
class upload_metadata {
 public:
  /// In: the field value; copied. `bytes_max` - the surface's limit on its length.
  /// Spaces and tabs around commas are tolerated; an empty value has no pairs. Errors: metadata_too_large; bad_request
  /// for an empty key, a key with anything but visible ASCII, a repeated key, bad base64.
  [[nodiscard]] static result<upload_metadata> parse(std::string_view value, std::size_t bytes_max);

  /// Exactly what the client sent: what HEAD gives back.
  [[nodiscard]] const std::string& raw() const noexcept { return raw_; }
  [[nodiscard]] const std::vector<metadata_pair>& pairs() const noexcept { return pairs_; }

  /// Decoded value; keys are case-sensitive. nullopt when the key is not there.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const noexcept;

 private:
  std::string raw_{};
  std::vector<metadata_pair> pairs_{};
};

/// What the session API reads from the metadata of a chunk. Everything else in it is kept and not understood.
struct chunk_metadata {
  chunk_index index{};
  std::optional<std::uint64_t> chunk_size_bytes{};  ///< the length of every chunk but the last; above 0
  std::optional<std::uint32_t> total_chunks{};      ///< 1 … limits::chunks_max; absent while the recording runs
  std::optional<std::string> recording_name{};  ///< `recordingName`, else `filename`; UTF-8 without control characters
  std::optional<std::string> format{};          ///< `format`, else `filetype`; likewise
  std::optional<std::uint64_t> duration_ms{};
};

/// Numbers are decimal without sign or leading zeros; an optional key with an empty value counts as absent. All values
/// must be UTF-8. Errors: bad_request, naming the key: no or invalid `chunkIndex`, an index not below the total, a
/// number out of range, a name with control characters.
[[nodiscard]] result<chunk_metadata> read_chunk_metadata(const upload_metadata& metadata);

/// A chunk's index as it stands in a path or in metadata: decimal without leading zeros, 0 … limits::chunk_index_max.
[[nodiscard]] std::optional<chunk_index> parse_chunk_index(std::string_view text) noexcept;

}  // namespace wf::tus
