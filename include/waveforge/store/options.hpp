#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/base/log.hpp"
#include "waveforge/base/metrics.hpp"
#include "waveforge/base/random.hpp"
#include "waveforge/io/kernel.hpp"
#include "waveforge/session/expiry.hpp"

namespace wf::store {

/// What a 2xx that acknowledges bytes means (docs/durability.md).
enum class durability : std::uint8_t {
  none,   ///< data and facts are with the kernel: survives the death of the process
  chunk,  ///< complete chunks, creations and deletions survive a power cut
  patch,  ///< every acknowledged byte does
};
[[nodiscard]] std::string_view name_of(durability level) noexcept;

enum class layout : std::uint8_t {
  automatic,  ///< one segment per session while the chunks fit
  files,      ///< a file per chunk, always
};

/// How a body gets into its file.
enum class write_mode : std::uint8_t { automatic, direct, splice, buffered };

enum class recover_mode : std::uint8_t {
  automatic,  ///< decide from .lock: same boot, same mount, no failed sync means that only the process died
  crash,      ///< what was not vouched is gone
  process,    ///< the page cache is whole, whatever .lock says
};

enum class digest_kind : std::uint8_t { none, crc32c, sha256 };

/// Free space below which nothing new is taken: the larger of the two.
struct free_floor {
  double fraction{0.05};
  std::uint64_t bytes{0};
};

struct options {
  std::string data_dir{"./uploaded_data"};
  durability level{durability::chunk};
  layout place{layout::automatic};
  write_mode mode{write_mode::automatic};
  recover_mode recover{recover_mode::automatic};
  digest_kind digest{digest_kind::none};
  free_floor min_free{};
  std::chrono::seconds expire_after{std::chrono::hours{24 * 7}};
  std::optional<std::chrono::seconds> expire_recordings{};
  std::uint32_t open_files_max{limits::open_files_max};  ///< descriptors for sessions' files; see file_budget
  std::uint32_t assemblies_queued_max{limits::assemblies_queued_max};  ///< in memory; the others wait on the disk
  unsigned fan_out{0};    ///< levels of two-digit directories above a session's
  std::string version{};  ///< of the software, for recording.meta and .lock

  [[nodiscard]] session::expiry_rules expiry() const noexcept { return {expire_after, expire_recordings}; }
};

/// What the store is given to live in. Everything outlives it.
struct environment {
  io::kernel& world;
  const clock& time;
  random_source& random;
  logger& log;
  metrics& count;
};

}  // namespace wf::store
