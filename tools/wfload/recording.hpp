#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wfload/exchange.hpp"
#include "wfload/options.hpp"

namespace wf::load {

/// One recording of the run: its name, its chunks, in which order they go out and which of them tells the total. A pure
/// function of (options, number), except for the hand-out position.
class recording {
 public:
  recording(const options& how, std::uint64_t number);

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint32_t chunks() const noexcept { return chunks_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept {
    return chunk(chunks_ - 1).offset_bytes + length(chunks_ - 1);
  }
  /// Where chunk `index` lies in the payload.
  [[nodiscard]] slice chunk(std::uint32_t index) const noexcept;

  struct next_chunk {
    std::uint32_t index;
    bool tells_total;
  };
  /// The next chunk to send; nothing when all are handed out.
  [[nodiscard]] std::optional<next_chunk> take() noexcept;
  [[nodiscard]] bool all_taken() const noexcept { return taken_ == chunks_; }

 private:
  [[nodiscard]] std::uint64_t length(std::uint32_t index) const noexcept;

  std::uint64_t number_;
  std::string name_;
  std::uint64_t key_;
  std::uint64_t chunk_bytes_;
  std::uint32_t chunks_;
  total_told total_;
  chunk_lengths lengths_;
  std::uint32_t taken_{0};
  std::vector<std::uint32_t> order_{};         ///< empty: ascending
  std::vector<std::uint64_t> offset_bytes_{};  ///< only where lengths are random
};

}  // namespace wf::load
