#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "waveforge/api/handler.hpp"
#include "waveforge/base/log.hpp"
#include "waveforge/base/metrics.hpp"
#include "waveforge/net/crew.hpp"
#include "waveforge/server/worker_thread.hpp"

namespace wf::server {

/// What the machine's part of the server is told.
struct engine_plan {
  std::vector<std::string> listen{};
  unsigned threads{1};
  bool pin{false};  ///< one worker, one CPU
  bool tls{false};  ///< on TCP listeners
  std::uint32_t connections_max{1'024};
  std::chrono::milliseconds drain_timeout{std::chrono::seconds{10}};
  net::timeouts times{};
};

/// Threads, rings, pools and listening sockets: everything between the kernel and an api::handler. Used from one
/// thread, which is not one of its own; every call blocks until it is done.
class engine {
 public:
  engine(io::kernel& world, const clock& time, logger& log, metrics& numbers, engine_plan plan);
  ~engine();  ///< drain() if nobody did
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Start the threads and take the addresses. Connections wait in the kernel. Errors say what to do.
  [[nodiscard]] result<void> prepare();
  /// The rings' workers, for whoever needs one before requests come.
  [[nodiscard]] worker_thread& worker(std::size_t number) noexcept { return *threads_[number]; }
  /// From now on requests are answered by `with`, which outlives drain().
  void serve(api::handler& with, net::stream_factory streams = net::make_plain_stream);
  /// "http://127.0.0.1:8080", "unix:/run/waveforge.sock": as `listen` has them, with the ports that were chosen
  /// and socket files named from the root.
  [[nodiscard]] const std::vector<std::string>& addresses() const noexcept { return addresses_; }
  /// No further connection; requests end or are cut. The threads still run: other parts may need their rings to stop.
  void drain();
  /// End the threads. The handler and all it stands on may go afterwards.
  void stop();

  [[nodiscard]] const std::atomic<bool>& draining() const noexcept { return draining_; }

 private:
  struct listener {
    io::descriptor fd;
    bool tls;
  };
  [[nodiscard]] result<void> take_address(const std::string& address);
  [[nodiscard]] result<std::string> free_address(const std::string& address);
  [[nodiscard]] result<void> start_threads();

  io::kernel& world_;
  const clock& time_;
  logger& log_;
  metrics& numbers_;
  engine_plan plan_;
  net::crew crew_;
  std::vector<std::vector<listener>> listeners_;  ///< for each worker
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<worker_thread>> threads_;
  std::vector<std::unique_ptr<net::date_line>> dates_;
  std::vector<std::unique_ptr<net::service>> services_;
  std::atomic<bool> draining_{false};
};

}  // namespace wf::server
