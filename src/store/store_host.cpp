#include "waveforge/store/store_host.hpp"

#include <pthread.h>

#include <future>
#include <thread>

#include "waveforge/base/limits.hpp"
#include "waveforge/store/file_store.hpp"
#include "waveforge/store/rocks_facts.hpp"

namespace wf::store {

namespace {

/// A ring and the thread that turns it.
class ring_thread {
 public:
  ring_thread(const environment& world, std::unique_ptr<io::ring_backend> backend, const std::string& name)
      : ring_(world.world, world.time, std::move(backend), name), scope_(ring_) {
    thread_ = std::thread{[this, name] {
      pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());  // the kernel keeps 15 characters
      ring_.run();
    }};
  }
  ~ring_thread() { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    ring_.stop();
    thread_.join();
  }
  [[nodiscard]] io::ring_context& ring() noexcept { return ring_; }

  /// Run a coroutine there and wait for its value.
  template <typename T>
  [[nodiscard]] T run(io::task<T> work) {
    std::promise<T> promise;
    auto future = promise.get_future();
    ring_.post([this, &promise, work = std::move(work)]() mutable {
      if (!scope_.spawn(keep(std::move(work), promise))) std::terminate();
    });
    return future.get();
  }

 private:
  template <typename T>
  static io::task<void> keep(io::task<T> work, std::promise<T>& into) {
    T value = co_await std::move(work);
    into.set_value(std::move(value));
  }

  io::ring_context ring_;
  io::task_scope scope_;
  std::thread thread_;
};

result<std::unique_ptr<ring_thread>> start_ring(const environment& world, const std::string& name) {
  auto backend = world.world.make_ring(limits::ring_entries);
  if (!backend) return fail(backend.error());
  return std::make_unique<ring_thread>(world, std::move(*backend), name);
}

io::task<result<void>> close_store(file_store& store) {
  const auto sealed = co_await store.close();
  co_return sealed;
}

io::task<result<void>> announce_store(file_store& store, std::string address, std::string tus_base) {
  co_await store.announce(std::move(address), std::move(tus_base));
  co_return result<void>{};
}

}  // namespace

struct store_host::parts {
  options with;
  std::unique_ptr<ring_thread> committer;
  std::unique_ptr<ring_thread> background;
  std::unique_ptr<file_store> store;
  bool open{false};
};

store_host::store_host(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

result<std::unique_ptr<store_host>> store_host::open(const environment& world, const options& with) {
  auto made = std::make_unique<parts>();
  made->with = with;
  auto committer = start_ring(world, "wf-committer");
  if (!committer) return fail(committer.error());
  made->committer = std::move(*committer);
  auto background = start_ring(world, "wf-background");
  if (!background) return fail(background.error());
  made->background = std::move(*background);

  auto dir = made->background->run(claim_data_dir(world, with.data_dir, with.recover));
  if (!dir) return fail(dir.error());
  if (!dir->era_goes_on) world.log.info("a new era begins: only what was vouched for counts", {});
  auto rows = open_rocks_facts(with.data_dir + "/.facts", facts_access::owner, {}, &world.log);
  if (!rows) return fail(rows.error());
  made->store = std::make_unique<file_store>(world, made->with, made->committer->ring(), made->background->ring(),
                                             std::move(*rows), std::move(*dir));
  auto started = made->background->run(made->store->start());
  if (!started) return fail(started.error());
  made->open = true;
  return std::unique_ptr<store_host>{new store_host{std::move(made)}};
}

store_host::~store_host() {
  close();
}

store& store_host::serving() noexcept {
  return *parts_->store;
}

void store_host::announce(std::string address, std::string tus_base) {
  (void)parts_->background->run(announce_store(*parts_->store, std::move(address), std::move(tus_base)));
}

void store_host::close() {
  if (!std::exchange(parts_->open, false)) return;
  (void)parts_->background->run(close_store(*parts_->store));
  parts_->committer->stop();
  parts_->background->stop();
}

}  // namespace wf::store
