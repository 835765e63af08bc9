#pragma once

#include <atomic>
#include <cstdint>

#include "waveforge/io/directory.hpp"
#include "waveforge/io/file.hpp"
#include "waveforge/store/file_budget.hpp"

namespace wf::store {

/// A file that chunks are written into, open once for everybody. `direct` is a second descriptor with O_DIRECT, opened
/// when the direct way is first chosen. Closed when the last user lets go.
struct open_file {
  file_budget::permit counted{};  ///< first, so that it goes after the descriptors
  io::file plain{};
  io::file direct{};
  std::atomic<bool> direct_ready{false};  ///< `direct` was opened and stays as it is
  /// Written to since the last sync that began after the write.
  std::atomic<bool> dirty{false};
};

/// A directory whose entries may still have to be synced.
struct open_directory {
  file_budget::permit counted{};
  io::directory handle{};
  /// A name was added, changed or removed since the last sync.
  std::atomic<bool> dirty{false};
};

}  // namespace wf::store
