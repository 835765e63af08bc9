#pragma once

#include <fmt/format.h>

#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "support/sim/dice.hpp"
#include "support/sim/fault.hpp"
#include "waveforge/base/clock.hpp"
#include "waveforge/base/random.hpp"
#include "waveforge/base/unique_function.hpp"

namespace wf::sim {

using namespace std::chrono_literals;
using span_of_time = steady_time::duration;

/// Virtual time, what happens next in it, chance, and the record of what happened. One thread; one history.
class world final : public clock, public random_source {
 public:
  explicit world(std::uint64_t seed, bool tracing = false) noexcept : rng(seed), secrets_(~seed), tracing_(tracing) {}

  dice rng;
  fault_counts faults{};
  /// Faults happen by themselves only while this is true; a history ends with a time in which nothing fails.
  bool trouble{true};
  /// Nothing fails, and nobody remembers that anything did.
  bool healed{false};

  [[nodiscard]] steady_time now() const noexcept override { return now_; }
  [[nodiscard]] utc_time utc_now() const noexcept override;
  void fill(std::span<std::byte> out) noexcept override;

  void at(steady_time when, unique_function<void()> what);
  void after(span_of_time span, unique_function<void()> what) { at(now_ + span, std::move(what)); }
  [[nodiscard]] std::optional<steady_time> next_event() const noexcept;
  /// Move time there, if it is not past already.
  void advance_to(steady_time when) noexcept { now_ = std::max(now_, when); }
  /// The earliest event, at its time.
  void run_event();
  void forget_events();
  [[nodiscard]] span_of_time passed() const noexcept { return now_ - began; }

  /// A random span between the two, in microseconds.
  [[nodiscard]] span_of_time some(std::uint64_t least_us, std::uint64_t most_us) noexcept {
    return std::chrono::microseconds{static_cast<std::int64_t>(rng.between(least_us, most_us))};
  }
  /// Whether a fault of this kind happens now; counts it when it does.
  [[nodiscard]] bool happens(fault kind, std::uint64_t parts) noexcept {
    if (!trouble || parts == 0 || !rng.chance(parts)) return false;
    fired(kind);
    return true;
  }
  void fired(fault kind) noexcept { ++faults[static_cast<std::size_t>(kind)]; }

  /// Something was promised and not kept. The first one counts.
  void violate(std::string what);
  [[nodiscard]] const std::optional<std::string>& violation() const noexcept { return violation_; }

  [[nodiscard]] bool tracing() const noexcept { return tracing_; }
  template <typename... Args>
  void trace(fmt::format_string<Args...> text, Args&&... args) {
    if (tracing_) add_line(fmt::format(text, std::forward<Args>(args)...));
  }
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }
  /// Grows with everything that happens: two runs of one seed are the same if this is.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }
  void stir(std::uint64_t value) noexcept { fingerprint_ = (fingerprint_ ^ value) * 0x100000001b3U; }

  static constexpr steady_time began{std::chrono::hours{1}};

 private:
  struct event {
    steady_time when;
    std::uint64_t number;
    unique_function<void()> what;
    [[nodiscard]] bool later_than(const event& other) const noexcept {
      return when != other.when ? when > other.when : number > other.number;
    }
  };
  void add_line(std::string text);

  steady_time now_{began};
  std::vector<event> events_;  // a heap, earliest first
  std::uint64_t numbered_{0};
  dice secrets_;
  std::uint64_t fingerprint_{0xcbf29ce484222325U};
  std::optional<std::string> violation_;
  std::vector<std::string> lines_;
  bool tracing_;
};

}  // namespace wf::sim
