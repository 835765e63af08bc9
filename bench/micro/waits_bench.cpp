// The two tables every wait goes through: deadlines and operation slots.
#include <benchmark/benchmark.h>

#include "waveforge/io/op_table.hpp"
#include "waveforge/io/timer_heap.hpp"

namespace wf::io {
namespace {

/// A deadline is set and removed beside as many others; most never come, as time-outs should.
void timers(benchmark::State& state) {
  timer_heap heap;
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const auto at = [](std::uint64_t tick) { return steady_time{std::chrono::nanoseconds{tick}}; };
  std::uint64_t tick = 1;
  const auto next = [&tick] { return tick = tick * 6364136223846793005U + 1442695040888963407U; };
  for (std::uint32_t slot = 0; slot < count; ++slot) heap.set(slot, at(next() >> 20U));
  std::uint32_t slot = 0;
  for (auto _ : state) {
    slot = (slot + 7919) % count;
    heap.remove(slot);
    heap.set(slot, at(next() >> 20U));
  }
}
BENCHMARK(timers)->Arg(64)->Arg(1000)->Arg(10'000);

/// An operation begins and ends beside as many others.
void slot_table(benchmark::State& state) {
  op_table table{65'536};
  for (std::int64_t at = 1; at < state.range(0); ++at)
    (void)table.open(
        operation{}, [](std::int32_t) {}, false);
  for (auto _ : state) {
    const auto id = table.open(
        operation{}, [](std::int32_t) {}, false);
    benchmark::DoNotOptimize(table.waiting(*id));
    table.at(*id).in_kernel = false;
    auto done = table.close(*id);
    done(0);
  }
}
BENCHMARK(slot_table)->Arg(1)->Arg(1000)->Arg(10'000);

}  // namespace
}  // namespace wf::io
