#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "waveforge/base/units.hpp"

namespace wf::load {

enum class protocol : std::uint8_t { session, tus, put };
enum class chunk_order : std::uint8_t { in, random };
/// Which request tells the server how many chunks the recording has.
enum class total_told : std::uint8_t { first, last, every, assemble, never };
enum class chunk_lengths : std::uint8_t { equal, last_short, random };

/// A run, as asked for on the command line.
struct options {
  std::string url{"http://127.0.0.1:8080"};
  protocol speak{protocol::session};
  std::uint32_t connections{8};
  std::uint32_t sessions{0};  ///< recordings open at a time; 0: as many as connections
  std::uint32_t threads{1};
  std::uint64_t chunk_bytes{1_MiB};
  std::uint64_t patch_bytes{512_KiB};
  std::uint32_t chunks_per_recording{16};
  double duration_s{0};         ///< no recording is opened after this; 0: by count
  std::uint64_t recordings{0};  ///< how many to open; 0: by time
  std::uint64_t cycles{1};      ///< the recordings are sent so often, each time under new names
  double rate{0};               ///< chunks a second, open loop; 0: closed loop
  std::uint64_t slow_bytes_per_s{0};
  chunk_order order{chunk_order::in};
  total_told total{total_told::last};
  chunk_lengths lengths{chunk_lengths::equal};
  bool verify{false};
  bool remove{false};
  bool chunk_size_key{true};
  std::uint32_t retries{0};
  double timeout_s{30};
  std::uint64_t seed{0};  ///< 0: drawn, and told in the report
  std::string json{};     ///< file, or - for standard output
  std::vector<int> server_pids{};
  bool quiet{false};
};

}  // namespace wf::load
