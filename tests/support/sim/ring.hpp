#pragma once

#include <deque>
#include <list>
#include <memory>
#include <unordered_map>

#include "support/sim/process.hpp"

namespace wf::sim {

/// A submission and completion queue over the simulated machine. Operations are carried out after a while, in any order
/// among each other, and their completions handed over a few at a time. Shared with the events that carry them out.
class ring_state : public std::enable_shared_from_this<ring_state> {
 public:
  ring_state(process& owner, std::size_t number) noexcept : owner_(owner), number_(number) {}

  void start(io::op_id id, io::operation& op);
  void cancel(io::op_id id);
  void enter(std::optional<steady_time> until) noexcept;
  [[nodiscard]] std::size_t reap(std::span<io::completion> out);
  void wake() noexcept { woken_ = true; }
  void keep_registered(std::span<const std::span<std::byte>> buffers);

  /// There is something for a turn to do at `now`.
  [[nodiscard]] bool runnable(steady_time now) const noexcept;
  /// When it is to be turned at the latest; nullopt: only when something happens.
  [[nodiscard]] std::optional<steady_time> until() const noexcept { return until_; }
  void turned(bool progressed) noexcept { busy_ = progressed; }
  /// Nobody carries anything out any more: what is open ends.
  void owner_died();
  /// The ring itself is unmade.
  void abandon() noexcept { gone_ = true; }
  [[nodiscard]] std::size_t open_count() const noexcept { return open_.size(); }
  /// The machine stops in the middle of everything: some writes under way have reached the page cache, or half of them.
  void stop_in_flight();

 private:
  struct pending {
    io::op_id id;
    io::operation* op;
    handle_ref what{};
    bool waits_for_news{false};
  };
  void complete(io::op_id id, std::int32_t value);
  /// Finds it by slot and generation; null when it has ended.
  [[nodiscard]] pending* find(io::op_id id) noexcept;
  void begin_timed(pending& one, span_of_time spent);
  void begin_sync(pending& one);
  void begin_network(pending& one);
  void try_network(io::op_id id);
  void watch(const handle_ref& what);
  void look_again(const handle_ref& what);
  [[nodiscard]] std::optional<std::int32_t> attempt(const pending& one);
  [[nodiscard]] std::int32_t accept(const handle_ref& listener);
  [[nodiscard]] std::optional<std::int32_t> spontaneous_failure(const io::operation& op);

  // Carried out on the disk; file_operations.cpp.
  [[nodiscard]] std::int32_t carry_out(const pending& one);
  [[nodiscard]] std::int32_t open_path(const io::operation& op, const handle_ref& from);
  [[nodiscard]] std::int32_t change_names(const io::operation& op, const handle_ref& from);
  [[nodiscard]] std::int32_t transfer(const io::operation& op, const handle_ref& file);
  [[nodiscard]] std::int32_t splice(const io::operation& op, const handle_ref& from);
  [[nodiscard]] std::int32_t ask(const io::operation& op, const handle_ref& from);

  process& owner_;
  std::size_t number_;
  std::unordered_map<std::uint32_t, pending> open_;  // by slot
  std::deque<io::completion> completed_;
  std::vector<std::span<std::byte>> registered_;
  std::optional<steady_time> until_{};
  bool busy_{true};
  bool woken_{false};
  bool gone_{false};
};

/// For the trace.
[[nodiscard]] std::string_view name_of(io::op_kind kind) noexcept;

/// What a ring_context owns.
class ring final : public io::ring_backend {
 public:
  explicit ring(std::shared_ptr<ring_state> state) noexcept : state_(std::move(state)) {}
  ~ring() override { state_->abandon(); }
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  void start(io::op_id id, io::operation& op) override { state_->start(id, op); }
  void cancel(io::op_id id) override { state_->cancel(id); }
  void enter(std::optional<steady_time> until) override { state_->enter(until); }
  std::size_t reap(std::span<io::completion> out) override { return state_->reap(out); }
  void wake() noexcept override { state_->wake(); }
  result<void> register_buffers(std::span<const std::span<std::byte>> buffers) override {
    state_->keep_registered(buffers);
    return {};
  }
  [[nodiscard]] ring_state& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<ring_state> state_;
};

}  // namespace wf::sim
