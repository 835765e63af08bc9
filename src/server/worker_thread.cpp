#include "waveforge/server/worker_thread.hpp"

#include <pthread.h>

#include <future>
#include <utility>

#include "waveforge/base/limits.hpp"
#include "waveforge/server/machine.hpp"

namespace wf::server {

struct worker_thread::loop {
  std::promise<result<void>> ready{};
};

worker_thread::worker_thread(io::kernel& world, const clock& time, worker_plan plan)
    : world_(world), time_(time), plan_(std::move(plan)) {}

worker_thread::~worker_thread() {
  if (lends_ != nullptr) stop();
  join();
}

result<void> worker_thread::start() {
  loop place;
  auto ready = place.ready.get_future();
  thread_ = std::thread{[this, &place] { run(place); }};
  return ready.get();
}

void worker_thread::run(loop& place) {
  ::pthread_setname_np(::pthread_self(), plan_.name.substr(0, 15).c_str());
  if (plan_.cpu) pin_to_cpu(*plan_.cpu);
  auto backend = world_.make_ring(limits::ring_entries);
  if (!backend) {
    place.ready.set_value(fail(std::move(backend.error())));
    return;
  }
  io::ring_context ring{world_, time_, std::move(*backend), plan_.name};
  {
    io::buffer_pool buffers{ring, plan_.buffers, limits::piece_bytes, io::buffer_use::direct_writes,
                            plan_.buffers_registered_max};
    io::buffer_pool heads{ring, plan_.heads, limits::head_bytes_max, io::buffer_use::memory_only};
    io::pipe_pool pipes{ring, plan_.pipes, plan_.pipe_bytes};
    io::worker lends{ring, buffers, heads, pipes};
    io::task_scope scope{ring};
    lends_ = &lends;
    scope_ = &scope;
    place.ready.set_value({});  // `place` is gone from here on
    ring.run();
    if (at_end_) at_end_();
    scope_ = nullptr;
    lends_ = nullptr;
  }
}

void worker_thread::spawn(io::task<void> child) {
  static_cast<void>(scope_->spawn(std::move(child)));
}

void worker_thread::stop() noexcept {
  if (lends_ != nullptr) lends_->ring.stop();
}

void worker_thread::join() noexcept {
  if (thread_.joinable()) thread_.join();
}

}  // namespace wf::server
