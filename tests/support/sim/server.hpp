#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "support/sim/facts_model.hpp"
#include "support/sim/plan.hpp"
#include "support/sim/process.hpp"
#include "waveforge/api/router.hpp"
#include "waveforge/net/crew.hpp"
#include "waveforge/store/file_store.hpp"

namespace wf::sim {

class ring_state;

/// Time as a process sees it. A dead one's goes on by itself, so that whatever waits in it comes to its end.
class process_clock final : public clock {
 public:
  explicit process_clock(const world& in) noexcept : world_(in) {}
  [[nodiscard]] steady_time now() const noexcept override { return world_.now() + ahead_; }
  [[nodiscard]] utc_time utc_now() const noexcept override { return world_.utc_now(); }
  void run_ahead_to(steady_time when) noexcept { ahead_ = std::max(ahead_, when - world_.now()); }

 private:
  const world& world_;
  span_of_time ahead_{};
};

/// The server, one life of it: the real store, router, connections and rings over a simulated process, composed as
/// waveforge::server composes them, but without threads: whoever owns it turns its rings.
class server {
 public:
  server(machine& on, std::shared_ptr<facts_log> facts, const plan& set);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  enum class phase : std::uint8_t { starting, serving, could_not_start, draining, closing, stopped };
  [[nodiscard]] phase now() const noexcept { return phase_; }
  [[nodiscard]] process& machine_process() noexcept { return process_; }
  /// It acknowledges nothing more, until it is started again.
  [[nodiscard]] bool sync_failed() const;

  /// Of one that was stopped: everything it knew of is on stable storage. A full disk may have no room to say so.
  [[nodiscard]] bool sealed() const noexcept { return sealed_; }

  /// Run one ring that has something to do, any of them. False: none has.
  bool turn_one();
  /// When one must be turned at the latest.
  [[nodiscard]] std::optional<steady_time> next_deadline() const;
  /// A clean stop begins; it ends in phase::stopped.
  void begin_stop(span_of_time patience);
  /// The process dies now; what was under way in the kernel may have happened. Nothing of it is left afterwards.
  void die();

 private:
  struct hosted;
  struct lane;
  [[nodiscard]] io::task<void> start();
  [[nodiscard]] io::task<void> drain(lane& one, span_of_time patience);
  [[nodiscard]] io::task<void> close_store();
  void serve();
  void follow();
  void release();
  void unmake();
  [[nodiscard]] bool still() const;

  machine& machine_;
  plan plan_;
  process process_;
  process_clock clock_;
  null_logger log_;
  null_metrics numbers_;
  store::options data_options_;
  api::options http_options_;
  std::atomic<bool> draining_{false};
  std::unique_ptr<facts_model> facts_;
  std::vector<std::unique_ptr<hosted>> rings_;
  std::unique_ptr<io::task_scope> commit_scope_;
  std::unique_ptr<io::task_scope> background_scope_;
  std::unique_ptr<store::file_store> store_;
  std::unique_ptr<api::router> router_;
  net::crew crew_;
  net::timeouts times_;
  std::vector<std::unique_ptr<lane>> lanes_;
  phase phase_{phase::starting};
  bool start_ended_{false};
  bool store_started_{false};
  unsigned drained_{0};
  bool store_closed_{false};
  bool sealed_{true};
  bool rings_stopped_{false};
  bool sync_failed_{false};
};

}  // namespace wf::sim
