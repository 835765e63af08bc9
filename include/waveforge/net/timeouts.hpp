#pragma once

#include <chrono>
#include <cstdint>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::net {

/// How long a connection waits for what. A value, so that a test names its own.
struct timeouts {
  steady_time::duration idle{limits::idle_timeout};
  steady_time::duration head{limits::head_timeout};
  steady_time::duration send{limits::send_timeout};
  steady_time::duration linger{limits::drain_timeout};
  steady_time::duration linger_quiet{limits::drain_quiet_timeout};
  steady_time::duration body_poll{limits::poll_interval_max};
  steady_time::duration slow_body{limits::slow_body_window};
  /// A stream with nothing to say is asked for a sign of life this often; proxies give up after 60 s or so.
  steady_time::duration stream_beat{std::chrono::seconds{15}};
  std::uint64_t slow_body_bytes{limits::slow_body_bytes};
};

}  // namespace wf::net
