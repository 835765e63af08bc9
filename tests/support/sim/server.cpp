#include "support/sim/server.hpp"

#include <algorithm>

#include "support/sim/ring.hpp"
#include "waveforge/net/date_line.hpp"
#include "waveforge/net/service.hpp"
#include "waveforge/store/identity.hpp"

namespace wf::sim {

namespace {

constexpr std::size_t body_buffers = 4;
constexpr std::size_t body_buffer_bytes = 128 * 1024;
constexpr std::size_t head_buffers = 16;
constexpr std::size_t head_buffer_bytes = 16 * 1024;
constexpr std::size_t pipes_each = 3;
constexpr std::uint32_t pipe_bytes_each = 64 * 1024;
constexpr std::uint32_t connections_max = 64;
/// Turns after which the remains of a dead process are taken to hang.
constexpr int turns_to_end = 200'000;

}  // namespace

/// A ring and what turns it.
struct server::hosted {
  hosted(process& world, const clock& time, const std::string& name)
      : backend(world.make_ring(64).value()),
        state(static_cast<ring*>(backend.get())->state().shared_from_this()),
        context(world, time, std::move(backend), name) {}

  std::unique_ptr<io::ring_backend> backend;
  std::shared_ptr<ring_state> state;
  io::ring_context context;
  steady_time stalled_until{};

  void turn() {
    const bool progressed = context.turn(true);
    state->turned(progressed);
  }
};

/// One worker's part.
struct server::lane {
  lane(hosted& ring, const clock& time)
      : on(ring),
        buffers(ring.context, body_buffers, body_buffer_bytes),
        heads(ring.context, head_buffers, head_buffer_bytes, io::buffer_use::memory_only),
        pipes(ring.context, pipes_each, pipe_bytes_each),
        lends{ring.context, buffers, heads, pipes},
        date(time),
        scope(ring.context) {}
  hosted& on;
  io::buffer_pool buffers;
  io::buffer_pool heads;
  io::pipe_pool pipes;
  io::worker lends;
  net::date_line date;
  io::task_scope scope;
  std::unique_ptr<net::service> service;
};

server::server(machine& on, std::shared_ptr<facts_log> facts, const plan& set)
    : machine_(on), plan_(set), process_(on), clock_(on.all), crew_(connections_max) {
  data_options_.data_dir = "data";
  data_options_.level = set.level;
  data_options_.place = set.place;
  data_options_.mode = set.mode;
  data_options_.fan_out = set.fan_out;
  data_options_.version = "sim";
  if (set.expire_seconds > 0) data_options_.expire_after = std::chrono::seconds{set.expire_seconds};
  http_options_.creations_per_second = 0;
  http_options_.software_version = "sim";
  facts_ = std::make_unique<facts_model>(on.all, std::move(facts), process_.death());
  facts_->facts_failure_parts = set.facts_failure_parts;
  rings_.push_back(std::make_unique<hosted>(process_, clock_, "committer"));
  rings_.push_back(std::make_unique<hosted>(process_, clock_, "background"));
  commit_scope_ = std::make_unique<io::task_scope>(rings_[0]->context);
  background_scope_ = std::make_unique<io::task_scope>(rings_[1]->context);
  for (unsigned i = 0; i < set.workers; ++i) {
    hosted& ring = *rings_.emplace_back(std::make_unique<hosted>(process_, clock_, "worker"));
    lanes_.push_back(std::make_unique<lane>(ring, clock_));
  }
  rings_[1]->context.post([this] { (void)background_scope_->spawn(start()); });
}

server::~server() {
  if (phase_ != phase::stopped) die();
}

bool server::sync_failed() const {
  return sync_failed_ || (store_ && !store_->ready() && store_->ready().error().code == errc::io_failed);
}

io::task<void> server::start() {
  const store::environment world{process_, clock_, machine_.all, log_, numbers_};
  auto dir = co_await store::claim_data_dir(world, data_options_.data_dir, data_options_.recover);
  if (!dir) {
    machine_.all.trace("server: cannot start: {}", dir.error().detail);
    start_ended_ = true;
    co_return;
  }
  machine_.all.trace("server: {} era", dir->era_goes_on ? "the same" : "a new");
  store_ = std::make_unique<store::file_store>(world, data_options_, rings_[0]->context, rings_[1]->context,
                                               std::move(facts_), std::move(*dir));
  auto started = co_await store_->start();
  store_started_ = true;
  start_ended_ = true;
  if (started && !process_.dead()) serve();
}

void server::serve() {
  router_ = std::make_unique<api::router>(api::services{.data = *store_,
                                                        .set = http_options_,
                                                        .time = clock_,
                                                        .random = machine_.all,
                                                        .log = log_,
                                                        .draining = &draining_});
  for (auto& one : lanes_) {
    const net::surroundings around{.on = one->lends,
                                   .handler = *router_,
                                   .log = log_,
                                   .numbers = numbers_,
                                   .times = times_,
                                   .date = one->date,
                                   .piped_answers_max = 2};
    one->service = std::make_unique<net::service>(around, crew_);
    crew_.join(*one->service);
  }
  for (auto& one : lanes_) {
    const auto fd = process_.listen("127.0.0.1:80", true);
    one->on.context.post([lane = one.get(), listener = io::descriptor{process_, *fd}]() mutable {
      lane->service->listen(io::acceptor{std::move(listener)}, false);
    });
  }
  phase_ = phase::serving;
}

bool server::turn_one() {
  world& all = machine_.all;
  std::array<std::size_t, 8> ready{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i]->stalled_until <= all.now() && rings_[i]->state->runnable(clock_.now())) ready[count++] = i;
  }
  if (count == 0) return false;
  hosted& chosen = *rings_[ready[all.rng.below(count)]];
  if (all.happens(fault::worker_stalled, plan_.stall_parts)) {
    chosen.stalled_until = all.now() + all.some(1'000, 3'000'000);
    return true;
  }
  chosen.turn();
  follow();
  return true;
}

std::optional<steady_time> server::next_deadline() const {
  std::optional<steady_time> earliest;
  for (const auto& one : rings_) {
    const bool now = one->state->runnable(clock_.now());
    std::optional<steady_time> due = now ? std::optional{clock_.now()} : one->state->until();
    if (!due) continue;
    due = std::max(*due, one->stalled_until);
    if (!earliest || *due < *earliest) earliest = due;
  }
  return earliest;
}

/// What follows when a step has ended on all rings.
void server::follow() {
  if (phase_ == phase::starting && start_ended_ && !process_.dead()) phase_ = phase::could_not_start;
  if (phase_ == phase::draining && drained_ == lanes_.size() && start_ended_) {
    phase_ = phase::closing;
    rings_[1]->context.post([this] { (void)background_scope_->spawn(close_store()); });
  }
  if (phase_ == phase::closing && store_closed_) {
    if (!std::exchange(rings_stopped_, true)) {
      for (auto& one : rings_) one->context.stop();
    }
    if (still()) {
      phase_ = phase::stopped;
      unmake();
    }
  }
}

bool server::still() const {
  return std::ranges::all_of(rings_, [this](const auto& one) {
    return one->context.operations_open() == 0 && !one->state->runnable(clock_.now());
  });
}

io::task<void> server::drain(lane& one, span_of_time patience) {
  if (one.service) co_await one.service->drain(patience);
  ++drained_;
}

io::task<void> server::close_store() {
  if (store_started_) {
    const auto outcome = co_await store_->close();
    sealed_ = outcome.has_value();
  }
  store_closed_ = true;
}

void server::begin_stop(span_of_time patience) {
  draining_ = true;
  phase_ = phase::draining;
  for (auto& one : lanes_) {
    one->on.context.post([this, one = one.get(), patience] { (void)one->scope.spawn(drain(*one, patience)); });
  }
}

void server::die() {
  for (auto& one : rings_) one->state->stop_in_flight();
  process_.die();
  for (auto& one : rings_) one->stalled_until = {};
  if (phase_ != phase::draining && phase_ != phase::closing) begin_stop(span_of_time{0});
  for (int turns = 0; phase_ != phase::stopped; ++turns) {
    bool any = false;
    for (auto& one : rings_) {
      if (!one->state->runnable(clock_.now())) continue;
      one->turn();
      any = true;
    }
    follow();
    if (phase_ == phase::stopped) break;
    if (!any) {
      std::optional<steady_time> earliest;
      for (const auto& one : rings_) {
        if (const auto due = one->state->until(); due && (!earliest || *due < *earliest)) earliest = due;
      }
      if (earliest) clock_.run_ahead_to(*earliest);
    }
    if ((!any && !next_deadline()) || turns == turns_to_end) {
      machine_.all.violate("what is left of a dead server does not end: an operation waits for nothing");
      // Its memory cannot be given back: somebody still refers to it.
      release();
      return;
    }
  }
}

/// Leaves everything where it is, for ever.
void server::release() {
  phase_ = phase::stopped;
  for (auto& one : lanes_) static_cast<void>(one.release());
  for (auto& one : rings_) static_cast<void>(one.release());
  static_cast<void>(router_.release());
  static_cast<void>(store_.release());
  static_cast<void>(commit_scope_.release());
  static_cast<void>(background_scope_.release());
}

/// Every part goes, and with it every descriptor.
void server::unmake() {
  sync_failed_ = sync_failed();
  for (auto& one : lanes_) one->service.reset();
  router_.reset();
  store_.reset();
  lanes_.clear();
  commit_scope_.reset();
  background_scope_.reset();
  rings_.clear();
  if (const std::size_t left = process_.descriptors_open(); left != 0 && !process_.dead()) {
    machine_.all.violate(fmt::format("{} descriptors are open at the end:{}", left, process_.describe_open()));
  }
}

}  // namespace wf::sim
