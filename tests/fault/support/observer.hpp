#pragma once

#include <chrono>

#include "fault/support/ledger.hpp"
#include "support/tus_client.hpp"

namespace wf::test {

/// Somebody who sends nothing and asks often: what status and events show while bodies are on their way is as much a
/// promise as the answer to the one who sent them. One thread.
class observer {
 public:
  observer(ledger& book, std::uint16_t port) : book_{book}, port_{port}, client_{port} {}

  /// One status.
  void look(recording_note& of);
  /// The events of a session, for a while.
  void watch(recording_note& of, std::chrono::milliseconds span);

 private:
  void take_event(recording_note& of, std::string_view name, std::string_view data, std::uint64_t removals);

  ledger& book_;
  std::uint16_t port_;
  tus_client client_;
};

}  // namespace wf::test
