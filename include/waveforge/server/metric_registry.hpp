#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

#include "waveforge/base/exposition.hpp"
#include "waveforge/base/metrics.hpp"

namespace wf::server {

/// Counts in memory of its own for each thread (up to some), so that workers do not fight over cache lines, and puts
/// the counts together when somebody asks.
class metric_registry final : public metrics, public exposition {
 public:
  metric_registry();
  ~metric_registry() override;

  void add(counter which, std::uint64_t amount) noexcept override;
  void set(gauge which, std::int64_t value) noexcept override;
  void shift(gauge which, std::int64_t by) noexcept override;
  void observe(timing which, double seconds) noexcept override;

  [[nodiscard]] std::string text() const override;
  /// Over all threads, now.
  [[nodiscard]] std::uint64_t value(counter which) const noexcept;

  /// Upper bounds in seconds: from a cached answer to a stalled disk.
  static constexpr std::array bounds{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0};

 private:
  static constexpr std::size_t shards = 16;
  static constexpr std::size_t counters = static_cast<std::size_t>(counter::count_);
  static constexpr std::size_t gauges = static_cast<std::size_t>(gauge::count_);
  static constexpr std::size_t timings = static_cast<std::size_t>(timing::count_);
  struct histogram {
    std::array<std::atomic<std::uint64_t>, bounds.size() + 1> buckets{};
    std::atomic<std::uint64_t> nanoseconds{0};
  };
  struct alignas(64) shard {
    std::array<std::atomic<std::uint64_t>, counters> counts{};
    std::array<histogram, timings> times{};
  };
  [[nodiscard]] shard& mine() noexcept;

  std::unique_ptr<std::array<shard, shards>> parts_;
  std::array<std::atomic<std::int64_t>, gauges> levels_{};
};

}  // namespace wf::server
