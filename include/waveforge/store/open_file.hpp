#pragma once

#include <atomic>
#include <cstdint>

#include "waveforge/io/directory.hpp"
#include "waveforge/io/file.hpp"
#include "waveforge/store/file_budget.hpp"

namespace wf::store {

/// Whether what was written, or what names were added, changed or removed, is on stable storage.
struct sync_marks {
  /// Changed since the last sync that began after the change.
  std::atomic<bool> dirty{false};
  /// Such a sync is under way. Set before `dirty` goes, so that one of the two is seen until it has ended.
  std::atomic<bool> syncing{false};

  [[nodiscard]] bool unsynced() const noexcept {
    return dirty.load(std::memory_order_acquire) || syncing.load(std::memory_order_acquire);
  }
};

/// A file that chunks are written into, open once for everybody. `direct` is a second descriptor with O_DIRECT, opened
/// when the direct way is first chosen. Closed when the last user lets go.
struct open_file : sync_marks {
  file_budget::permit counted{};  ///< first, so that it goes after the descriptors
  io::file plain{};
  io::file direct{};
  std::atomic<bool> direct_ready{false};  ///< `direct` was opened and stays as it is
};

/// A directory whose entries may still have to be synced.
struct open_directory : sync_marks {
  file_budget::permit counted{};
  io::directory handle{};
};

}  // namespace wf::store
