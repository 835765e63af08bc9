#pragma once

#include <cstdint>
#include <vector>

#include "waveforge/base/clock.hpp"

namespace wf::io {

/// Deadlines of operation slots, earliest first. Knows where each slot's entry lies, so that a deadline whose operation
/// has ended leaves at once: a connection that makes thousands of short waits leaves no dead entries behind.
/// O(log n) to set and remove. One thread.
class timer_heap {
 public:
  /// A slot has at most one deadline; setting it twice is a mistake.
  void set(std::uint32_t slot, steady_time at);
  /// No effect when the slot has none.
  void remove(std::uint32_t slot) noexcept;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Of a heap that is not empty.
  [[nodiscard]] steady_time earliest() const noexcept { return entries_.front().at; }
  [[nodiscard]] std::uint32_t earliest_slot() const noexcept { return entries_.front().slot; }

 private:
  struct entry {
    steady_time at;
    std::uint32_t slot;
  };
  static constexpr std::uint32_t absent = ~std::uint32_t{0};

  void place(std::uint32_t index, entry value) noexcept;
  void sift_up(std::uint32_t index, entry value) noexcept;
  void sift_down(std::uint32_t index, entry value) noexcept;

  std::vector<entry> entries_;
  std::vector<std::uint32_t> positions_;  // slot -> index in entries_, or absent
};

}  // namespace wf::io
