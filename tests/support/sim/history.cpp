#include "support/sim/history.hpp"

#include <algorithm>

#include "support/sim/server.hpp"
#include "support/sim/workload.hpp"

namespace wf::sim {

namespace {

/// Nothing fails any more from here on, whoever is still at work.
constexpr auto trouble_ends_after = std::chrono::minutes{4};
/// By then everybody must have what he wanted.
constexpr auto everything_ends_after = std::chrono::hours{3};
/// How long an operator looks at a server that says it cannot go on.
constexpr auto removal_takes = std::chrono::seconds{5};
constexpr std::uint64_t operator_patience_us = 4'000'000;
/// From a sync that fails to the server that says so, at the latest: other syncs of the same round may be slow.
constexpr auto notice_within = std::chrono::seconds{20};

/// What is in a file, as the page cache has it; valid as long as nobody writes there.
std::string_view text_of(const node& file) {
  return {reinterpret_cast<const char*>(file.now.data()), file.now.size()};
}

class history {
 public:
  history(const plan& set, bool tracing)
      : plan_(set),
        all_(set.seed + set.salt * 0x9e3779b97f4a7c15U, tracing),
        machine_(all_, set.disk_bytes),
        book_(all_, plan_),
        clients_(machine_, book_, plan_) {
    machine_.files.reflink = set.reflink;
    machine_.files.direct_io = set.direct_io;
    machine_.odds = set.disk_odds;
    machine_.net.odds = set.net_odds;
    clients_.on_request = [this](std::uint64_t number) { before_request(number); };
  }
  ~history() { all_.forget_events(); }

  outcome live() {
    draw_blows();
    start_server();
    clients_.begin();
    const auto give_up = world::began + everything_ends_after;
    run_until([this] { return clients_.done() || all_.passed() > trouble_ends_after; }, give_up);
    end_trouble();
    run_until([this] { return clients_.done(); }, give_up);
    last_look(give_up);
    return report();
  }

 private:
  enum class blow : std::uint8_t { kill, crash, stop };

  /// At which requests something happens to the server.
  void draw_blows() {
    const auto add = [this](blow what, unsigned count) {
      for (unsigned i = 0; i < count; ++i) blows_.emplace_back(all_.rng.between(4, 170), what);
    };
    add(blow::kill, plan_.kills);
    add(blow::crash, plan_.crashes);
    add(blow::stop, plan_.clean_stops);
    if (plan_.disk_fills) fills_at_ = all_.rng.between(10, 150);
  }

  void before_request(std::uint64_t number) {
    if (!all_.trouble) return;
    for (auto& [at, what] : blows_) {
      if (number < at) continue;
      at = ~std::uint64_t{0};
      all_.after(all_.some(0, 15'000), [this, what = what] { strike(what); });
    }
    if (number >= fills_at_) {
      fills_at_ = ~std::uint64_t{0};
      all_.fired(fault::disk_full);
      machine_.files.squeeze(all_.rng.below(6));
      all_.after(all_.some(10'000, 8'000'000), [this] { machine_.files.squeeze(std::nullopt); });
    }
  }

  void strike(blow what) {
    // A machine can go down without a server, too.
    if (!all_.trouble || (!server_ && what != blow::crash)) return;
    if (server_ && server_->now() == server::phase::starting) all_.fired(fault::killed_while_starting);
    switch (what) {
      case blow::kill: kill(); break;
      case blow::crash: crash(); break;
      case blow::stop: stop(); break;
    }
  }

  void kill() {
    all_.trace("=== the process is killed");
    all_.fired(fault::process_killed);
    bury();
    start_later(3'000'000);
  }

  void crash() {
    const auto mood = static_cast<crash_mood>(all_.rng.below(5));
    all_.trace("=== the machine crashes, mood {}", static_cast<int>(mood));
    machine_.net.forget_server();
    bury();
    go_down(mood);
    start_later(6'000'000);
  }

  void go_down(crash_mood mood) {
    all_.fired(fault::machine_crashed);
    if (all_.faults[static_cast<std::size_t>(fault::sync_lied)] > 0) book_.disk_lied();
    machine_.files.crash(mood);
    facts_->crash(all_, mood == crash_mood::everything);
    ++machine_.boots;
    book_.machine_crashed();
    for (const std::string& path : all_.tracing() ? machine_.files.all_paths() : std::vector<std::string>{}) {
      all_.trace("    {}", path);
    }
  }

  void stop() {
    if (server_->now() != server::phase::serving) return kill();
    all_.trace("=== the server is asked to stop");
    server_->begin_stop(all_.some(0, 5'000'000));
  }

  void bury() {
    if (!server_) return;
    end_of_life();
    server_->die();
    server_.reset();
  }

  /// What becomes of the promises of a server that lives no more, however it ended.
  void end_of_life() {
    operations_ += server_->machine_process().operations_started;
    if (server_->sync_failed()) {
      book_.only_vouched_holds();
    } else if (machine_.syncs_failed > syncs_failed_ && server_->now() != server::phase::could_not_start) {
      // It died before it could hear of it, and the kernel tells nobody else.
      book_.disk_lied();
    }
    syncs_failed_ = machine_.syncs_failed;
  }

  void start_later(std::uint64_t within_us) {
    all_.after(all_.some(1'000, within_us), [this] { start_server(); });
  }

  void start_server() {
    if (server_) return;
    all_.trace("=== the server starts");
    book_.server_starts();
    all_.healed = !all_.trouble;
    server_ = std::make_unique<server>(machine_, facts_, plan_);
    if (!std::exchange(lived_, true)) {
      process& first = server_->machine_process();
      first.operation_kinds = &kinds_;
      first.fail_number = plan_.fail_number;
      first.fail_value = plan_.fail_value;
    }
    watched_ = false;
    if (all_.trouble && plan_.kills > 0 && all_.rng.chance(100'000)) {
      all_.after(all_.some(100, 8'000), [this] { strike(blow::kill); });
    }
  }

  /// What an operator or a supervisor does.
  void look_after_server() {
    expect_notice();
    if (!server_) return;
    if (server_->now() == server::phase::could_not_start) {
      bury();
      start_later(2'000'000);
    } else if (server_->now() == server::phase::stopped) {
      all_.trace("=== the server has stopped");
      all_.fired(fault::stopped_cleanly);
      if (!server_->sync_failed() && server_->sealed()) book_.stopped_cleanly();
      end_of_life();
      server_.reset();
      // And now and then the power goes, which must not matter any more.
      if (all_.trouble && all_.rng.coin()) {
        machine_.net.forget_server();
        go_down(static_cast<crash_mood>(all_.rng.below(5)));
      }
      if (restarts_) start_later(2'000'000);
    } else if (!watched_ && something_failed() && server_->sync_failed()) {
      watched_ = true;
      all_.trace("=== a sync or a write of facts has failed: nothing more is acknowledged");
      // Sessions that are loaded from now on fall back at once.
      book_.only_vouched_holds();
      all_.after(all_.some(1'000, operator_patience_us), [this, life = machine_.processes] {
        if (!server_ || machine_.processes != life) return;
        all_.trace("=== the operator starts it again");
        bury();
        start_later(1'000'000);
      });
    }
  }

  /// A failed sync that the server takes for something else would let it promise what is gone.
  void expect_notice() {
    if (!server_ || machine_.syncs_failed == std::exchange(syncs_seen_, machine_.syncs_failed)) return;
    if (server_->now() != server::phase::serving) return;
    all_.after(notice_within, [this, life = machine_.processes] {
      if (!server_ || machine_.processes != life || server_->now() != server::phase::serving) return;
      if (server_->sync_failed()) return;
      all_.violate("a sync has failed, and the server goes on acknowledging");
    });
  }

  /// Asked at every step, and seldom true.
  [[nodiscard]] bool something_failed() const noexcept {
    return machine_.syncs_failed > 0 || all_.faults[static_cast<std::size_t>(fault::facts_failed)] > 0;
  }

  template <typename Done>
  void run_until(const Done& done, steady_time give_up) {
    while (!all_.violation() && !done()) {
      step();
      if (all_.now() > give_up) {
        all_.violate("this does not end:" + clients_.who_is_left());
        return;
      }
    }
  }

  void step() {
    const bool due = all_.next_event() && *all_.next_event() <= all_.now();
    if (server_ && !(due && all_.rng.coin()) && server_->turn_one()) {
      all_.advance_to(all_.now() + std::chrono::nanoseconds{all_.rng.between(500, 10'000)});
      look_after_server();
      return;
    }
    const auto deadline = server_ ? server_->next_deadline() : std::nullopt;
    const auto event = all_.next_event();
    if (event && (!deadline || *event <= *deadline)) {
      all_.run_event();
    } else if (deadline) {
      all_.advance_to(*deadline);
    } else {
      all_.violate("nothing will ever happen again:" + clients_.who_is_left());
    }
    look_after_server();
  }

  /// From here on the machine is as good as new.
  void end_trouble() {
    all_.trace("=== nothing fails any more");
    all_.trouble = false;
    machine_.odds = {};
    machine_.net.odds = {};
    machine_.files.squeeze(std::nullopt);
    // What it holds against the disk it forgets with its life.
    if (server_ && server_->now() == server::phase::serving) server_->begin_stop(span_of_time{0});
  }

  void last_look(steady_time give_up) {
    if (all_.violation()) return;
    restarts_ = false;
    run_until([this] { return !server_ || server_->now() == server::phase::serving; }, give_up);
    if (plan_.expire_seconds > 0) {
      start_server();
      const steady_time due = all_.now() + std::chrono::seconds{plan_.expire_seconds} + removal_takes;
      run_until([this, due] { return all_.now() >= due; }, give_up + everything_ends_after);
    }
    if (server_ && !all_.violation()) server_->begin_stop(std::chrono::seconds{5});
    run_until([this] { return !server_; }, give_up + everything_ends_after);
    if (all_.violation()) return;
    go_down(static_cast<crash_mood>(all_.rng.below(5)));
    start_server();
    clients_.begin_audit();
    run_until([this] { return clients_.done(); }, give_up + everything_ends_after);
    if (all_.violation()) return;
    run_until([this] { return server_->now() == server::phase::serving; }, give_up + everything_ends_after);
    // What a crash interrupted is taken up by now.
    run_until([this, due = all_.now() + removal_takes] { return all_.now() >= due; }, give_up + everything_ends_after);
    if (all_.violation()) return;
    server_->begin_stop(std::chrono::seconds{5});
    run_until([this] { return !server_; }, give_up + everything_ends_after);
    if (!all_.violation()) look_at_files();
  }

  /// One recording a session, with nothing beside it but its manifest; nothing of a session that was removed.
  void look_at_files() {
    for (const session_record& one : book_.sessions) {
      if (one.plain) continue;
      const std::string path =
          store::session_path(session::session_id::parse(one.id, session::id_format::uuid).value(), plan_.fan_out);
      const bool removed = one.cancelled || one.expired;
      if (removed && !one.excused && disk::find(machine_.files.root(), path)) {
        all_.violate(fmt::format("{}: it was removed, and its files are still there", one.id));
      }
      if (one.excused || !(one.assembled || one.left) || one.cancel_begun) continue;
      const node_ref place = disk::find(machine_.files.root(), path + "/completed");
      const bool right =
          place && disk::find(machine_.files.root(), path)->entries.size() == 1 && place->entries.size() == 2 &&
          place->entries.contains("recording.meta") && std::ranges::all_of(place->entries, [](const auto& entry) {
            return entry.first == "recording.meta" || entry.first == "recording.webm" || entry.first == "recording.bin";
          });
      if (!right) {
        all_.violate(fmt::format("{}: there is not one recording and its manifest, and nothing else", one.id));
        continue;
      }
      const auto bytes =
          std::ranges::find_if(place->entries, [](const auto& e) { return e.first != "recording.meta"; });
      if (one.left && text_of(*bytes->second) != one.content()) {
        all_.violate(fmt::format("{}: the recording that nobody asked for is not what was sent", one.id));
      }
      const std::string_view text = text_of(*place->entries.at("recording.meta"));
      if (one.named && text.find(one.name) == text.npos) {
        all_.violate(fmt::format("{}: its manifest does not say that it is called {}", one.id, one.name));
      }
    }
  }

  outcome report() {
    outcome told;
    if (server_) operations_ += server_->machine_process().operations_started;
    server_.reset();
    told.violation = all_.violation();
    told.faults = all_.faults;
    told.requests = book_.requests;
    told.operations = operations_;
    told.virtual_time = all_.passed();
    told.fingerprint = all_.fingerprint();
    told.lines = all_.lines();
    told.kinds = std::move(kinds_);
    return told;
  }

  plan plan_;
  world all_;
  machine machine_;
  std::shared_ptr<facts_log> facts_{std::make_shared<facts_log>()};
  ledger book_;
  workload clients_;
  std::unique_ptr<server> server_;
  std::vector<std::pair<std::uint64_t, blow>> blows_;
  std::uint64_t fills_at_{~std::uint64_t{0}};
  std::uint64_t operations_{0};
  std::uint64_t syncs_failed_{0};  ///< of earlier lives
  std::uint64_t syncs_seen_{0};
  std::vector<io::op_kind> kinds_;
  bool lived_{false};
  bool watched_{false};
  bool restarts_{true};
};

}  // namespace

outcome live(const plan& set, bool tracing) {
  history one{set, tracing};
  return one.live();
}

}  // namespace wf::sim
