#include "waveforge/server/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <latch>
#include <thread>

#include "waveforge/base/limits.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/server/machine.hpp"

namespace wf::server {

namespace {

/// Body buffers of 512 KiB over all workers: with pools, database and everything else a thousand busy connections stay
/// below 64 MiB.
constexpr std::size_t buffers_total = 48;
constexpr std::size_t buffers_each_min = 4;
/// Left of the lockable memory for the rings themselves: since kernel 6.14 they count, and without it they cannot be
/// made.
constexpr std::uint64_t lockable_reserved = 2_MiB;
constexpr std::uint64_t lockable_each_ring = 256_KiB;
/// Pipes of 1 MiB over all workers; an ordinary user may have 64 of them (pipe-user-pages-soft).
constexpr std::size_t pipes_total = 48;
constexpr std::size_t pipes_each_min = 2;
/// Heads are held for as long as it takes to read one, never while a peer is waited for.
constexpr std::size_t heads_each = 64;
/// A process that was killed may keep its port for some milliseconds more.
constexpr int listen_attempts = 6;
constexpr auto listen_pause = std::chrono::milliseconds{100};

std::size_t share(std::size_t total, unsigned threads, std::size_t least) {
  return std::clamp<std::size_t>(total / threads, least, total / 2);
}

/// Body buffers a worker may register: its share of what is lockable once every ring exists.
std::size_t registrable(unsigned threads) {
  const std::uint64_t rings = lockable_reserved + lockable_each_ring * threads;
  const std::uint64_t lockable = lockable_bytes();
  return lockable <= rings ? 0 : static_cast<std::size_t>((lockable - rings) / limits::piece_bytes / threads);
}

constexpr std::string_view unix_prefix = "unix:";

bool is_unix(std::string_view address) {
  return address.starts_with(unix_prefix);
}

/// Whoever reads a socket's address may run in another directory than we do.
result<std::string> from_anywhere(std::string_view unix_address) {
  std::error_code failure;
  const auto path = std::filesystem::absolute(unix_address.substr(unix_prefix.size()), failure);
  if (failure) return fail(os_error(failure.value(), "find the working directory"));
  return fmt::format("{}{}", unix_prefix, path.native());
}

io::task<void> drain_one(net::service& part, std::chrono::milliseconds patience, std::shared_ptr<std::latch> done) {
  co_await part.drain(patience);
  done->count_down();
}

}  // namespace

engine::engine(io::kernel& world, const clock& time, logger& log, metrics& numbers, engine_plan plan)
    : world_(world),
      time_(time),
      log_(log),
      numbers_(numbers),
      plan_(std::move(plan)),
      crew_(plan_.connections_max),
      listeners_(plan_.threads) {}

engine::~engine() {
  drain();
  stop();
}

/// An address nobody listens on yet. SO_REUSEPORT, which lets our workers share it, would let a second server of the
/// same user share it, too; so it is first taken alone.
result<std::string> engine::free_address(const std::string& address) {
  for (int attempt = 1;; ++attempt) {
    auto alone = world_.listen(address, false);
    if (alone) {
      const io::descriptor fd{world_, *alone};
      return world_.local_address(fd.number());
    }
    if (attempt == listen_attempts || alone.error().os_errno != EADDRINUSE) return fail(std::move(alone.error()));
    std::this_thread::sleep_for(listen_pause);
  }
}

result<void> engine::take_address(const std::string& address) {
  if (is_unix(address)) {
    auto fd = world_.listen(address, false);
    if (!fd) return fail(std::move(fd.error()));
    listeners_[0].push_back({io::descriptor{world_, *fd}, false});
    auto told = from_anywhere(address);
    if (!told) return fail(std::move(told.error()));
    addresses_.push_back(std::move(*told));
    return {};
  }
  auto chosen = free_address(address);
  if (!chosen) return fail(std::move(chosen.error()));
  for (auto& of_worker : listeners_) {
    auto fd = world_.listen(*chosen, true);
    if (!fd) return fail(std::move(fd.error()));
    of_worker.push_back({io::descriptor{world_, *fd}, plan_.tls});
  }
  addresses_.push_back(fmt::format("{}://{}", plan_.tls ? "https" : "http", *chosen));
  return {};
}

result<void> engine::start_threads() {
  const auto cpus = usable_cpus();
  for (unsigned i = 0; i < plan_.threads; ++i) {
    worker_plan plan{.name = fmt::format("wf-worker-{}", i),
                     .buffers = share(buffers_total, plan_.threads, buffers_each_min),
                     .buffers_registered_max = registrable(plan_.threads),
                     .heads = heads_each,
                     .pipes = share(pipes_total, plan_.threads, pipes_each_min)};
    if (plan_.pin) plan.cpu = cpus[i % cpus.size()];
    auto& thread = *threads_.emplace_back(std::make_unique<worker_thread>(world_, time_, std::move(plan)));
    auto started = thread.start();
    if (!started) return started;
  }
  return {};
}

result<void> engine::prepare() {
  for (const std::string& address : plan_.listen) {
    auto taken = take_address(address);
    if (!taken) {
      error why = std::move(taken.error());
      why.detail = fmt::format("--listen {}: {}", address, why.detail);
      return fail(std::move(why));
    }
  }
  return start_threads();
}

void engine::serve(api::handler& with, net::stream_factory streams) {
  const auto pipes = share(pipes_total, plan_.threads, pipes_each_min);
  for (auto& thread : threads_) {
    auto& date = *dates_.emplace_back(std::make_unique<net::date_line>(time_));
    const net::surroundings around{.on = thread->lends(),
                                   .handler = with,
                                   .log = log_,
                                   .numbers = numbers_,
                                   .times = plan_.times,
                                   .date = date,
                                   .piped_answers_max = static_cast<std::uint32_t>(pipes / 2)};
    auto& part = *services_.emplace_back(std::make_unique<net::service>(around, crew_, streams));
    crew_.join(part);
    thread->at_end([this, mine = services_.size() - 1] { services_[mine].reset(); });
  }
  // Only when the crew is complete may the first connection be placed.
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i]->post([&part = *services_[i], mine = std::move(listeners_[i])]() mutable {
      for (listener& one : mine) part.listen(io::acceptor{std::move(one.fd)}, one.tls);
    });
  }
}

void engine::drain() {
  if (draining_.exchange(true) || services_.empty()) return;
  // Shared: the last to count down may still be inside when the wait is over.
  const auto done = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(services_.size()));
  for (std::size_t i = 0; i < services_.size(); ++i) {
    threads_[i]->post([this, i, done] { threads_[i]->spawn(drain_one(*services_[i], plan_.drain_timeout, done)); });
  }
  done->wait();
}

void engine::stop() {
  for (auto& thread : threads_) thread->stop();
  for (auto& thread : threads_) thread->join();
}

}  // namespace wf::server
