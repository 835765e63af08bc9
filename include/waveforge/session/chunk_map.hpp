#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "waveforge/base/clock.hpp"
#include "waveforge/session/extent.hpp"
#include "waveforge/session/index_ranges.hpp"

namespace wf::session {

/// One slice of a recording.
///
///   vouched <= promised <= written <= length
///
/// written: with the kernel. promised: what every observer is told; a round has made it true. vouched: on stable
/// storage, data and fact, whatever happens.
struct chunk {
  std::optional<std::uint64_t> length_bytes{};  ///< nullopt: deferred
  std::uint64_t length_bytes_max{0};            ///< bound of a deferred length
  std::uint64_t written_bytes{0};
  std::uint64_t promised_bytes{0};
  std::uint64_t vouched_bytes{0};
  /// The round of its creation has ended. Before that not even an empty chunk is complete.
  bool announced{false};
  /// A length was declared that its row does not tell yet.
  bool row_due{false};
  /// A round is under way that promises what is written.
  bool promising{false};
  extent where{};
  utc_time created_at{};
  utc_time touched_at{};                  ///< last byte
  std::string metadata{};                 ///< Upload-Metadata as it was sent
  std::string concat{};                   ///< Upload-Concat as it was sent
  std::optional<std::uint32_t> crc32c{};  ///< of a finished recording's chunk, if it was computed

  [[nodiscard]] bool complete() const noexcept {
    return announced && length_bytes.has_value() && promised_bytes == *length_bytes;
  }
  /// How many bytes it may hold.
  [[nodiscard]] std::uint64_t capacity_bytes() const noexcept { return length_bytes.value_or(length_bytes_max); }
};

/// The chunks that were created, by index.
class chunk_map {
 public:
  using container = std::map<std::uint32_t, chunk>;

  [[nodiscard]] chunk* find(std::uint32_t index) noexcept;
  [[nodiscard]] const chunk* find(std::uint32_t index) const noexcept;
  chunk& add(std::uint32_t index, chunk value) {
    touched_at_ = std::max({touched_at_, value.created_at, value.touched_at});
    return chunks_.insert_or_assign(index, std::move(value)).first->second;
  }
  /// A byte of `one`, a chunk of this map, came at `now`.
  void touch(chunk& one, utc_time now) noexcept {
    one.touched_at = now;
    touched_at_ = std::max(touched_at_, now);
  }
  /// The latest creation of a chunk or byte of one; of chunks removed since, too. Every PATCH asks for it.
  [[nodiscard]] utc_time touched_at() const noexcept { return touched_at_; }
  void erase(std::uint32_t index) { chunks_.erase(index); }
  /// Drop every chunk from `first` on; their indices.
  std::vector<std::uint32_t> erase_from(std::uint32_t first);
  void clear() noexcept { chunks_.clear(); }

  [[nodiscard]] bool empty() const noexcept { return chunks_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return chunks_.size(); }
  /// Highest index created + 1; 0 when empty.
  [[nodiscard]] std::uint32_t end_index() const noexcept { return chunks_.empty() ? 0 : chunks_.rbegin()->first + 1; }
  [[nodiscard]] const container& all() const noexcept { return chunks_; }
  [[nodiscard]] container& all() noexcept { return chunks_; }

  [[nodiscard]] std::uint32_t complete_count() const noexcept;
  /// Promised bytes of all chunks.
  [[nodiscard]] std::uint64_t promised_bytes() const noexcept;
  /// Indices below `total` that are not complete.
  [[nodiscard]] index_ranges missing_below(std::uint32_t total) const;
  /// Every byte below `total` is promised.
  [[nodiscard]] bool all_complete(std::uint32_t total) const noexcept;
  /// Every byte below `total` is written; some may still wait for the round that promises them. Those of the chunks in
  /// `taken` count as written, though these need not be there yet.
  [[nodiscard]] bool all_written(std::uint32_t total, const std::set<std::uint32_t>& taken = {}) const noexcept;

 private:
  container chunks_;
  utc_time touched_at_{};
};

}  // namespace wf::session
