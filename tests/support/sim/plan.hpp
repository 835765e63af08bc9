#pragma once

#include <string>

#include "support/sim/process.hpp"
#include "waveforge/store/options.hpp"

namespace wf::sim {

/// Everything a history is made from besides its seed's dice. Drawn from the seed; a shrinker or a person may take
/// parts of it away (`only`).
struct plan {
  std::uint64_t seed{0};
  std::uint64_t salt{0};  ///< another history of the same plan
  // The server.
  unsigned workers{1};
  store::durability level{store::durability::chunk};
  store::layout place{store::layout::automatic};
  store::write_mode mode{store::write_mode::automatic};
  unsigned fan_out{0};
  // The machine.
  bool reflink{false};
  bool direct_io{true};
  std::uint64_t disk_bytes{std::uint64_t{16} << 20U};
  operation_odds disk_odds{};
  network_odds net_odds{};
  std::uint64_t facts_failure_parts{0};
  std::uint64_t stall_parts{0};  ///< of a million turns: a worker is not run for a while
  bool disk_fills{false};
  // What happens to it.
  unsigned kills{0};
  unsigned crashes{1};
  unsigned clean_stops{0};
  /// The operation of the first life that fails, counted from 1, and how; 0: none has to.
  std::uint64_t fail_number{0};
  std::int32_t fail_value{0};
  // The clients.
  unsigned sessions{3};
  unsigned chunks_max{8};
  std::uint64_t chunk_bytes_max{12'000};
  unsigned lanes{2};             ///< uploads of one session at the same time
  unsigned visitors{2};          ///< who look, repeat and disturb
  unsigned visits{30};           ///< requests of each, at least
  unsigned requests_least{200};  ///< of everybody, as long as there are visitors
  std::uint64_t cancel_parts{0};
  std::uint64_t fallback_parts{0};
  std::uint64_t plain_parts{0};  ///< of the sessions: plain tus uploads
  std::uint64_t delete_parts{0};
  std::uint64_t checksum_parts{0};  ///< of the PATCHes: with an Upload-Checksum, right or wrong
  std::uint64_t defer_parts{0};     ///< of the chunks: created without a length
  std::uint64_t expire_seconds{0};  ///< unfinished sessions go; 0: nobody waits for it
  std::uint64_t abandon_parts{0};   ///< of the sessions: their recorder never comes back
  std::uint64_t range_parts{0};     ///< of the fetches: a part of the recording
  std::uint64_t name_parts{0};      ///< of the sessions: named when they are put together, or after
  std::uint64_t leave_parts{0};     ///< of the sessions: once all is promised, nobody asks for them any more

  [[nodiscard]] static plan draw(std::uint64_t seed);
  /// "sessions=1,lanes=1,faults=0" over a drawn plan. False: there is no such name.
  [[nodiscard]] bool change(std::string_view text);
  [[nodiscard]] std::string describe() const;
  /// What change() takes to come here from any other plan of the same seed.
  [[nodiscard]] std::string changes() const;
};

/// A name that change() takes, its present value, and the least a shrinker may try.
struct plan_part {
  std::string_view name;
  std::uint64_t value;
  std::uint64_t least;
};
[[nodiscard]] std::vector<plan_part> parts_of(const plan& from);

}  // namespace wf::sim
