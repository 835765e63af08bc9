#include "waveforge/server/metric_registry.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <string_view>
#include <vector>

#include "process_metrics.hpp"

namespace wf::server {

namespace {

struct described {
  std::string_view name;
  std::string_view help;
};

constexpr auto counter_names = std::to_array<described>({
    {"connections_accepted_total", "Connections accepted."},
    {"connections_refused_total", "Connections turned away because there were too many."},
    {"requests_total", "Requests whose head was understood."},
    {"responses_4xx_total", "Answers that say the request was wrong."},
    {"responses_5xx_total", "Answers that say we could not."},
    {"body_bytes_received_total", "Bytes of request bodies taken, after decoding."},
    {"chunks_created_total", "Chunks created."},
    {"chunks_completed_total", "Chunks whose last byte is promised."},
    {"sessions_created_total", "Sessions opened."},
    {"sessions_assembled_total", "Recordings finished."},
    {"sessions_cancelled_total", "Sessions removed by their owner."},
    {"sessions_expired_total", "Sessions removed because their time ran out."},
    {"assemblies_failed_total", "Assemblies that did not come to their end."},
    {"rounds_total", "Rounds of the committer."},
    {"round_syncs_total", "Files, directories and file systems synced by rounds."},
    {"round_failures_total", "Rounds in which a sync failed."},
    {"facts_written_total", "Facts written."},
    {"writers_displaced_total", "Requests cut because a later one took their chunk."},
    {"bytes_direct_total", "Body bytes written past the page cache."},
    {"bytes_spliced_total", "Body bytes moved by splice."},
    {"bytes_buffered_total", "Body bytes written through the page cache."},
    {"recording_bytes_sent_total", "Bytes of recordings sent."},
});
constexpr auto gauge_names = std::to_array<described>({
    {"connections_open", "Connections open now."},
    {"sessions_loaded", "Sessions in memory."},
    {"files_open", "Descriptors open for files of sessions."},
    {"assemblies_waiting", "Assemblies that wait for their turn."},
    {"bodies_arriving", "Bodies being written into chunks now."},
});
constexpr auto timing_names = std::to_array<described>({
    {"request_seconds", "From a complete head to the answer."},
    {"head_request_seconds", "The same of HEAD requests, which ask where an upload goes on."},
    {"round_seconds", "Rounds of the committer."},
    {"sync_seconds", "Syncs of files, directories and file systems."},
    {"facts_batch_seconds", "Writes of facts."},
    {"assembly_seconds", "Assemblies."},
});
static_assert(counter_names.size() == static_cast<std::size_t>(counter::count_));
static_assert(gauge_names.size() == static_cast<std::size_t>(gauge::count_));
static_assert(timing_names.size() == static_cast<std::size_t>(timing::count_));

prometheus::MetricFamily family(const described& what, prometheus::MetricType type) {
  return {"waveforge_" + std::string{what.name}, std::string{what.help}, type,
          std::vector<prometheus::ClientMetric>(1)};
}

}  // namespace

metric_registry::metric_registry() : parts_(std::make_unique<std::array<shard, shards>>()) {}
metric_registry::~metric_registry() = default;

metric_registry::shard& metric_registry::mine() noexcept {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return (*parts_)[number % shards];
}

void metric_registry::add(counter which, std::uint64_t amount) noexcept {
  mine().counts[static_cast<std::size_t>(which)].fetch_add(amount, std::memory_order_relaxed);
}
void metric_registry::set(gauge which, std::int64_t value) noexcept {
  levels_[static_cast<std::size_t>(which)].store(value, std::memory_order_relaxed);
}
void metric_registry::shift(gauge which, std::int64_t by) noexcept {
  levels_[static_cast<std::size_t>(which)].fetch_add(by, std::memory_order_relaxed);
}

void metric_registry::observe(timing which, double seconds) noexcept {
  histogram& times = mine().times[static_cast<std::size_t>(which)];
  std::size_t bucket = 0;
  while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
  times.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
  times.nanoseconds.fetch_add(static_cast<std::uint64_t>(std::max(0.0, seconds) * 1e9), std::memory_order_relaxed);
}

std::uint64_t metric_registry::value(counter which) const noexcept {
  std::uint64_t sum = 0;
  for (const shard& part : *parts_) sum += part.counts[static_cast<std::size_t>(which)].load(std::memory_order_relaxed);
  return sum;
}

std::string metric_registry::text() const {
  std::vector<prometheus::MetricFamily> families;
  for (std::size_t i = 0; i < counters; ++i) {
    families.push_back(family(counter_names[i], prometheus::MetricType::Counter));
    families.back().metric[0].counter.value = static_cast<double>(value(static_cast<counter>(i)));
  }
  for (std::size_t i = 0; i < gauges; ++i) {
    families.push_back(family(gauge_names[i], prometheus::MetricType::Gauge));
    families.back().metric[0].gauge.value = static_cast<double>(levels_[i].load(std::memory_order_relaxed));
  }
  for (std::size_t i = 0; i < timings; ++i) {
    families.push_back(family(timing_names[i], prometheus::MetricType::Histogram));
    auto& out = families.back().metric[0].histogram;
    std::uint64_t nanoseconds = 0;
    for (const shard& part : *parts_) nanoseconds += part.times[i].nanoseconds.load(std::memory_order_relaxed);
    for (std::size_t bucket = 0; bucket <= bounds.size(); ++bucket) {
      for (const shard& part : *parts_)
        out.sample_count += part.times[i].buckets[bucket].load(std::memory_order_relaxed);
      out.bucket.push_back({out.sample_count, bucket < bounds.size() ? bounds[bucket] : HUGE_VAL});
    }
    out.sample_sum = static_cast<double>(nanoseconds) / 1e9;
  }
  append_process_metrics(families);
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace wf::server
