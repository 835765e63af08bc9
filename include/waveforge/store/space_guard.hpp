#pragma once

#include <atomic>
#include <cstdint>

#include "waveforge/io/directory.hpp"
#include "waveforge/store/options.hpp"

namespace wf::store {

/// Watches the free space of the data dir. Below --min-free nothing new is taken while everything else works; it opens
/// again by itself when there is room. Asked for every creation and PATCH, so the answer is cached for a moment.
/// Thread-safe.
class space_guard {
 public:
  space_guard(const environment& world, const free_floor& floor, const io::directory& root) noexcept;
  /// no_space with a sentence that says how much is free and how much must stay free.
  [[nodiscard]] result<void> room_for(std::uint64_t bytes) noexcept;

 private:
  environment world_;
  free_floor floor_;
  const io::directory& root_;
  std::atomic<std::int64_t> checked_at_ns_{0};
  std::atomic<std::uint64_t> available_bytes_{0};
  std::atomic<std::uint64_t> total_bytes_{0};
};

}  // namespace wf::store
