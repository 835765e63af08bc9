#pragma once

#include <cstdint>
#include <string_view>

namespace wf {

/// What is counted. `server` gives each its Prometheus name and help text.
enum class counter : std::uint8_t {
  connections_accepted,
  connections_refused,
  requests,
  responses_4xx,
  responses_5xx,
  body_bytes_received,
  chunks_created,
  chunks_completed,
  sessions_created,
  sessions_assembled,
  sessions_cancelled,
  sessions_expired,
  assemblies_failed,
  rounds,
  round_syncs,
  round_failures,
  facts_written,
  writers_displaced,
  bytes_direct,
  bytes_spliced,
  bytes_buffered,
  recording_bytes_sent,
  count_  ///< not a counter: how many there are
};

enum class gauge : std::uint8_t {
  connections_open,
  sessions_loaded,
  files_open,
  assemblies_waiting,
  bodies_arriving,
  count_
};

enum class timing : std::uint8_t { request, head_request, round, sync, facts_batch, assembly, count_ };

/// Implemented in `server`. Thread-safe, wait-free on the caller's side.
class metrics {
 public:
  virtual ~metrics() = default;
  virtual void add(counter which, std::uint64_t amount = 1) noexcept = 0;
  virtual void set(gauge which, std::int64_t value) noexcept = 0;
  virtual void shift(gauge which, std::int64_t by) noexcept = 0;
  virtual void observe(timing which, double seconds) noexcept = 0;
};

/// Counts nothing; for tests.
class null_metrics final : public metrics {
 public:
  void add(counter, std::uint64_t) noexcept override {}
  void set(gauge, std::int64_t) noexcept override {}
  void shift(gauge, std::int64_t) noexcept override {}
  void observe(timing, double) noexcept override {}
};

}  // namespace wf
