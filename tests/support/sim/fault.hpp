#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace wf::sim {

/// What can go wrong in the simulated world. Each is counted when it happens, so that none sleeps unnoticed.
enum class fault : std::uint8_t {
  // the machine
  process_killed,
  machine_crashed,
  stopped_cleanly,
  killed_while_starting,
  worker_stalled,
  // the disk
  disk_eio,
  disk_slow,
  disk_full,
  sync_failed,
  sync_lied,
  short_transfer,
  interrupted,
  descriptors_exhausted,
  page_lost,
  page_torn,
  name_lost,
  written_during_sync_lost,
  write_in_flight_at_crash,
  facts_lost,
  facts_failed,
  no_direct_io,
  no_reflink,
  // the network
  connection_cut,
  connection_stalled,
  connection_half_open,
  tiny_window,
  refused,
  answer_lost,
  // the clients
  client_timed_out,
  request_repeated,
  writer_displaced,
  session_cancelled,
  chunk_deleted,
  fell_back,
  checksum_wrong,
  length_deferred,
  range_fetched,
  expired,
  count_
};

inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(fault::count_);
using fault_counts = std::array<std::uint64_t, fault_kinds>;

[[nodiscard]] std::string_view name_of(fault kind) noexcept;

}  // namespace wf::sim
