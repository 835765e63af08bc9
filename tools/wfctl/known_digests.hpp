#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waveforge/session/recording.hpp"

namespace wf::ctl {

/// A stretch of a recording and the CRC-32C it was received with.
struct chunk_sum {
  std::uint32_t index{0};
  std::uint64_t length_bytes{0};
  std::optional<std::uint32_t> crc32c{};
};

/// What is known of a recording's bytes.
struct known_digests {
  std::string sha256{};             ///< hexadecimal; empty: not known
  std::vector<chunk_sum> chunks{};  ///< in order; empty when none has a sum
  /// What reading can be compared with: "sha256", "crc32c" (of each chunk), "none".
  [[nodiscard]] std::string_view kind() const noexcept {
    if (!sha256.empty()) return "sha256";
    return chunks.empty() ? "none" : "crc32c";
  }
};

/// Of the text of a recording.meta; 0 when it says none.
[[nodiscard]] std::uint64_t version_of_manifest(std::string_view manifest);
/// Of the text of a recording.meta; nothing is known of one that cannot be read or is of a later version.
[[nodiscard]] known_digests read_digests(std::string_view manifest);
/// Of the facts of a finished recording.
[[nodiscard]] known_digests digests_of(const session::recording& value);
/// Of the facts, and where they know nothing of the recording.meta in `completed`: it may come from elsewhere.
[[nodiscard]] known_digests digests_of(const session::recording& value, const std::filesystem::path& completed);

/// Compares bytes as they come with the sums of the chunks they belong to.
class chunk_checker {
 public:
  explicit chunk_checker(const std::vector<chunk_sum>& chunks) : chunks_{chunks} {}
  void add(std::span<const std::byte> bytes);
  /// Chunks whose bytes differ; after an add of nothing, empty ones at the end included.
  [[nodiscard]] const std::vector<std::uint32_t>& wrong() const noexcept { return wrong_; }

 private:
  void end_full_chunks();
  const std::vector<chunk_sum>& chunks_;
  std::size_t at_{0};
  std::uint64_t seen_{0};  ///< of the present chunk
  std::uint32_t sum_{0};
  std::vector<std::uint32_t> wrong_;
};

}  // namespace wf::ctl
