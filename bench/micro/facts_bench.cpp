// Facts: rows to bytes, and batches into the database as a round makes them. The database lies where TMPDIR says: a
// synced batch costs what that disk's sync costs.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "waveforge/session/fact.hpp"
#include "waveforge/store/rocks_facts.hpp"

namespace wf::bench {
namespace {

session::progress some_progress(std::uint64_t at) {
  session::progress value;
  value.vouched_bytes = at;
  value.unvouched_era = 0x1234'5678'9abc'def0;
  value.unvouched_bytes = at + 524'288;
  value.touched_at = utc_time{std::chrono::milliseconds{1'790'000'000'000}};
  return value;
}

session::session_id some_id() {
  return session::session_id::parse("3f2b8c64-1d5e-4c0a-9a63-0d2f5b8f7e11", session::id_format::uuid).value();
}

void fact_encode(benchmark::State& state) {
  const auto id = some_id();
  std::uint32_t index = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(session::progress_key(id, ++index % 1000));
    benchmark::DoNotOptimize(session::encode_progress(some_progress(index)));
  }
}
BENCHMARK(fact_encode);

/// One iteration is one batch of the given number of progress rows.
void facts_batch(benchmark::State& state, bool sync) {
  const char* const place = std::getenv("TMPDIR");
  std::string path = (place != nullptr ? std::string{place} : "/tmp") + "/bench_facts_XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    state.SkipWithError("cannot make a directory");
    return;
  }
  {
    auto opened = store::open_rocks_facts(path + "/facts", store::facts_access::owner);
    if (!opened) {
      state.SkipWithError("cannot open the database");
      return;
    }
    const auto id = some_id();
    std::uint32_t index = 0;
    for (auto _ : state) {
      std::vector<store::fact_write> batch;
      for (std::int64_t at = 0; at < state.range(0); ++at, ++index) {
        batch.push_back({session::progress_key(id, index % 100'000), session::encode_progress(some_progress(index))});
      }
      if (!(*opened)->apply(batch, sync)) state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
  }
  std::filesystem::remove_all(path);
}
BENCHMARK_CAPTURE(facts_batch, plain, false)->Arg(1)->Arg(64)->Arg(1000);
BENCHMARK_CAPTURE(facts_batch, synced, true)->Arg(1)->Arg(64)->Arg(1000);

}  // namespace
}  // namespace wf::bench
