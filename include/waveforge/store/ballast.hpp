#pragma once

#include <atomic>
#include <cstdint>

#include "waveforge/io/directory.hpp"
#include "waveforge/store/gate.hpp"
#include "waveforge/store/options.hpp"

namespace wf::store {

/// A file of blocks that hold nothing (`.ballast`), given up when the disk is full all the same: what deletes and what
/// finishes needs a little room to write down that it did. Made again when there is room. Any ring.
class ballast {
 public:
  ballast(const environment& world, const io::directory& root) noexcept : world_(world), root_(root) {}

  /// Make it if it is missing and the disk has room for it twice, `floor_bytes` left free.
  [[nodiscard]] io::task<void> lay_in(std::uint64_t floor_bytes);
  /// True: it was there, and its room is free now.
  [[nodiscard]] io::task<bool> give_up();

 private:
  environment world_;
  const io::directory& root_;
  gate changing_;
  std::atomic<bool> there_{false};
};

}  // namespace wf::store
