#pragma once

namespace wf::server {

/// SIGTERM and SIGINT, as the operator means them: the first asks for a clean stop, the second for the end. Made before
/// any thread is started, so that all of them leave these signals to the main thread. SIGPIPE is ignored: a peer that
/// went away is told by the write that finds out.
class signals {
 public:
  signals();

  /// Waits for the first; returns its number. From then on the next one ends the process at once with 128 + its number.
  [[nodiscard]] int wait_for_stop();
};

}  // namespace wf::server
