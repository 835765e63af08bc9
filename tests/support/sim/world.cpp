#include "support/sim/world.hpp"

#include <algorithm>

namespace wf::sim {

namespace {
constexpr std::array<std::string_view, fault_kinds> names{
    "process killed",
    "machine crashed",
    "stopped cleanly",
    "killed while starting",
    "worker stalled",
    "disk EIO",
    "disk slow",
    "disk full",
    "sync failed",
    "sync lied",
    "short transfer",
    "EINTR",
    "descriptors exhausted",
    "page lost",
    "page torn",
    "name lost",
    "written during a sync, lost",
    "write in flight at a crash",
    "facts lost",
    "facts failed",
    "no direct I/O",
    "no reflink",
    "connection cut",
    "connection stalled",
    "connection half open",
    "tiny window",
    "connection refused",
    "answer lost",
    "client timed out",
    "request repeated",
    "writer displaced",
    "session cancelled",
    "chunk deleted",
    "fell back",
    "checksum wrong",
    "length deferred",
    "range fetched",
    "session expired",
};
}  // namespace

std::string_view name_of(fault kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

utc_time world::utc_now() const noexcept {
  const std::chrono::sys_days day{std::chrono::year{2026} / 3 / 4};
  return std::chrono::floor<std::chrono::milliseconds>(day + (now_ - began));
}

void world::fill(std::span<std::byte> out) noexcept {
  for (std::byte& one : out) one = static_cast<std::byte>(secrets_.next());
}

void world::at(steady_time when, unique_function<void()> what) {
  events_.push_back({std::max(when, now_), ++numbered_, std::move(what)});
  std::ranges::push_heap(events_, [](const event& a, const event& b) { return a.later_than(b); });
}

std::optional<steady_time> world::next_event() const noexcept {
  if (events_.empty()) return std::nullopt;
  return events_.front().when;
}

void world::run_event() {
  std::ranges::pop_heap(events_, [](const event& a, const event& b) { return a.later_than(b); });
  event next = std::move(events_.back());
  events_.pop_back();
  advance_to(next.when);
  stir(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  next.what();
}

void world::forget_events() {
  // What an event holds may, when it goes, name further ones.
  while (!events_.empty()) {
    auto gone = std::exchange(events_, {});
    gone.clear();
  }
}

void world::violate(std::string what) {
  trace("VIOLATION {}", what);
  if (!violation_) violation_ = std::move(what);
}

void world::add_line(std::string text) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(passed()).count();
  lines_.push_back(fmt::format("{:>5}.{:06} {}", us / 1'000'000, us % 1'000'000, text));
}

}  // namespace wf::sim
