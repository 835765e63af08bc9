#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "waveforge/net/service.hpp"

namespace wf::net {

/// All workers, for the one question that concerns them all: who takes the next connection? The kernel spreads a few
/// connections badly over SO_REUSEPORT sockets (the busiest worker of 8 to 16 connections has two to three times the
/// mean), so an accepted one goes to the worker with the fewest, before its first byte is read, and stays there.
class crew {
 public:
  /// `connections_max`: over all workers.
  explicit crew(std::uint32_t connections_max) noexcept : connections_max_(connections_max) {}

  /// Before the first connection: the list is not changed afterwards.
  void join(service& member) { members_.push_back(&member); }

  /// Room for one more? Counts it; false: refuse. Thread-safe.
  [[nodiscard]] bool admit() noexcept;
  /// A connection that was admitted has ended. Thread-safe.
  void dismiss(service& from) noexcept;

  /// Hand an admitted connection to the least loaded worker. On `here`'s thread; `here` itself is preferred among
  /// equals.
  void place(service& here, arrival from);

  [[nodiscard]] std::uint32_t connections_open() const noexcept { return open_.load(std::memory_order_relaxed); }

 private:
  std::vector<service*> members_;
  std::uint32_t connections_max_;
  std::atomic<std::uint32_t> open_{0};
};

}  // namespace wf::net
