#pragma once

#include <cstdint>

#include "waveforge/api/handler.hpp"
#include "waveforge/base/log.hpp"
#include "waveforge/base/metrics.hpp"
#include "waveforge/io/worker.hpp"
#include "waveforge/net/date_line.hpp"
#include "waveforge/net/timeouts.hpp"

namespace wf::net {

/// What the connections of one worker share. Everything outlives them.
struct surroundings {
  io::worker& on;
  api::handler& handler;
  logger& log;
  metrics& numbers;
  const timeouts& times;
  date_line& date;
  /// Answers that may hold a pipe of the pool at once; more send through memory, so that uploads always find a pipe.
  std::uint32_t piped_answers_max{0};
  std::uint32_t piped_answers{0};
};

}  // namespace wf::net
