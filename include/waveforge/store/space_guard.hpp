#pragma once

#include <atomic>
#include <cstdint>

#include "waveforge/io/directory.hpp"
#include "waveforge/store/options.hpp"

namespace wf::store {

/// Watches the free space of the data dir. Below --min-free nothing new is taken while everything else works; it opens
/// again by itself when there is room. Asked for every creation and PATCH, so the answer is cached for a moment.
///
/// What was created and has not come yet is reserved: a creation is refused rather than a PATCH in the middle.
/// Thread-safe.
class space_guard {
 public:
  space_guard(const environment& world, const free_floor& floor, const io::directory& root) noexcept;
  /// For bytes that come now. no_space with a sentence that says how much is free and how much must stay free.
  [[nodiscard]] result<void> room_for(std::uint64_t bytes) noexcept;
  /// For bytes that come later, beside all that is reserved.
  [[nodiscard]] result<void> room_to_create(std::uint64_t bytes) noexcept;
  /// What must stay free.
  [[nodiscard]] std::uint64_t floor_bytes() noexcept;
  [[nodiscard]] std::uint64_t reserved_bytes() const noexcept { return reserved_.load(std::memory_order_relaxed); }

  /// What one session has reserved. Given back with it: a session that leaves memory waits for nobody. Guarded by
  /// whoever holds it.
  class share {
   public:
    share() noexcept = default;
    share(const share&) = delete;
    share& operator=(const share&) = delete;
    ~share() { clear(); }
    void add(space_guard& guard, std::uint64_t bytes) noexcept;
    /// Bytes that came, or never will; more than is held is all of it.
    void take(std::uint64_t bytes) noexcept;
    void clear() noexcept { take(bytes_); }

   private:
    space_guard* guard_{nullptr};
    std::uint64_t bytes_{0};
  };

 private:
  [[nodiscard]] result<void> judge(std::uint64_t bytes, std::uint64_t reserved) noexcept;
  [[nodiscard]] bool look() noexcept;

  environment world_;
  free_floor floor_;
  const io::directory& root_;
  std::atomic<std::int64_t> checked_at_ns_{0};
  std::atomic<std::uint64_t> available_bytes_{0};
  std::atomic<std::uint64_t> total_bytes_{0};
  std::atomic<std::uint64_t> reserved_{0};
};

}  // namespace wf::store
