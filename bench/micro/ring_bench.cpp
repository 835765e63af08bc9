// What one operation of the ring costs, kernel included: coroutines awaiting nops, waits without an operation, starts.
#include <benchmark/benchmark.h>
#include <liburing.h>

#include <cstdint>

#include "support/machine_clock.hpp"
#include "waveforge/io/task_scope.hpp"

namespace wf::io {
namespace {

struct bench_ring {
  test::machine_clock time{};
  ring_context ring{real_kernel(), time, real_kernel().make_ring(1024).value(), "bench"};
};

/// Operations asked for and not yet begun; shared by all coroutines of a run.
struct budget {
  std::int64_t left{0};
};

task<void> perform_nops(budget& shared, deadline until) {
  while (shared.left > 0) {
    --shared.left;
    const std::int32_t value = co_await perform(operation{}, until);
    benchmark::DoNotOptimize(value);
  }
}

task<void> yield_often(budget& shared) {
  while (shared.left > 0) {
    --shared.left;
    co_await yield();
  }
}

task<void> nothing() {
  co_return;
}

/// One iteration is one operation; `coroutines` of them are in flight at a time.
template <typename Make>
void run_many(benchmark::State& state, Make make) {
  bench_ring bench;
  task_scope scope{bench.ring};
  const auto coroutines = state.range(0);
  budget shared;
  while (state.KeepRunningBatch(1 << 16)) {
    shared.left = 1 << 16;
    for (std::int64_t i = 0; i < coroutines; ++i) {
      if (!scope.spawn(make(bench.ring, shared))) state.SkipWithError("the scope is closed");
    }
    while (scope.size() > 0) bench.ring.turn(true);
  }
  state.SetItemsProcessed(state.iterations());
}

/// The floor: the same nops by liburing alone, as many in flight, without slots, coroutines or cancellation.
void floor_nop(benchmark::State& state) {
  io_uring ring;
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  if (io_uring_queue_init_params(1024, &ring, &params) != 0) {
    state.SkipWithError("this kernel lacks DEFER_TASKRUN (6.1)");
    return;
  }
  const auto in_flight = static_cast<std::size_t>(state.range(0));
  while (state.KeepRunningBatch(state.range(0))) {
    for (std::size_t i = 0; i < in_flight; ++i) io_uring_prep_nop(io_uring_get_sqe(&ring));
    io_uring_submit_and_wait(&ring, static_cast<unsigned>(in_flight));
    io_uring_cq_advance(&ring, io_uring_cq_ready(&ring));
  }
  state.SetItemsProcessed(state.iterations());
  io_uring_queue_exit(&ring);
}
BENCHMARK(floor_nop)->Arg(1)->Arg(64);

void nop(benchmark::State& state) {
  run_many(state, [](ring_context&, budget& shared) { return perform_nops(shared, deadline::never()); });
}
BENCHMARK(nop)->Arg(1)->Arg(8)->Arg(64)->Arg(512);

void nop_with_deadline(benchmark::State& state) {
  run_many(state, [](ring_context& ring, budget& shared) {
    return perform_nops(shared, ring.after(std::chrono::seconds{60}));
  });
}
BENCHMARK(nop_with_deadline)->Arg(64);

void ready_again(benchmark::State& state) {
  run_many(state, [](ring_context&, budget& shared) { return yield_often(shared); });
}
BENCHMARK(ready_again)->Arg(64);

void spawn_and_end(benchmark::State& state) {
  bench_ring bench;
  task_scope scope{bench.ring};
  while (state.KeepRunningBatch(64)) {
    for (int i = 0; i < 64; ++i) {
      if (!scope.spawn(nothing())) state.SkipWithError("the scope is closed");
    }
    while (scope.size() > 0) bench.ring.turn(false);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(spawn_and_end);

}  // namespace
}  // namespace wf::io
