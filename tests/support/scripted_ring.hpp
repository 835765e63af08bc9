#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "support/manual_clock.hpp"
#include "waveforge/base/check.hpp"
#include "waveforge/io/kernel.hpp"

namespace wf::test {

/// A ring_backend that does nothing by itself: the test says how each operation ends, in advance (`answer`) or while it
/// is open (`complete`). When the loop would block, time moves to its next deadline; when there is none, the test has
/// forgotten to complete something, and that is a failure.
class scripted_ring final : public io::ring_backend {
 public:
  explicit scripted_ring(manual_clock& time) noexcept : time_(time) {}

  struct open_operation {
    io::op_id id;
    io::operation* op;
    bool cancel_asked{false};
  };

  // --- what the test says ---
  /// The next operation of that kind that is not spoken for ends with `value` as soon as the loop enters the kernel.
  void answer(io::op_kind kind, std::int32_t value) { answers_[kind].push_back(value); }
  /// As answer, with `value` worked out from the operation (and whatever else is to happen then).
  void answer(io::op_kind kind, std::function<std::int32_t(io::operation&)> value) {
    answers_[kind].push_back(std::move(value));
  }
  void complete(io::op_id id, std::int32_t value, bool more = false) {
    if (!more) std::erase_if(open_, [id](const open_operation& one) { return one.id == id; });
    completed_.push_back({id, value, more});
  }
  /// Whether a cancelled operation ends with -ECANCELED by itself (as most do), or goes on until completed.
  void obey_cancel(bool obey) noexcept { obey_cancel_ = obey; }

  // --- what the test may look at ---
  /// Not completed, oldest first.
  [[nodiscard]] const std::vector<open_operation>& open() const noexcept { return open_; }
  [[nodiscard]] const open_operation& only() const {
    WF_CHECK(open_.size() == 1);
    return open_.front();
  }
  [[nodiscard]] std::size_t started() const noexcept { return started_; }
  [[nodiscard]] std::size_t entered() const noexcept { return entered_; }
  [[nodiscard]] std::size_t cancels() const noexcept { return cancels_; }
  /// Kinds in the order in which they were started.
  [[nodiscard]] const std::vector<io::op_kind>& history() const noexcept { return history_; }

  // --- ring_backend ---
  void start(io::op_id id, io::operation& op) override {
    ++started_;
    history_.push_back(op.kind);
    open_.push_back({id, &op});
  }
  void cancel(io::op_id id) override {
    ++cancels_;
    const auto found = std::find_if(open_.begin(), open_.end(), [id](const auto& one) { return one.id == id; });
    if (found == open_.end()) return;
    found->cancel_asked = true;
    if (obey_cancel_) complete(id, -ECANCELED);
  }
  void enter(std::optional<steady_time> until) override {
    ++entered_;
    give_answers();
    if (!completed_.empty() || woken_) {
      woken_ = false;
      return;
    }
    WF_CHECK(until.has_value());  // nothing would ever happen again
    if (*until > time_.now()) time_.advance(*until - time_.now());
  }
  std::size_t reap(std::span<io::completion> out) override {
    const std::size_t count = std::min(out.size(), completed_.size());
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = completed_.front();
      completed_.pop_front();
    }
    return count;
  }
  void wake() noexcept override { woken_ = true; }
  result<void> register_buffers(std::span<const std::span<std::byte>> buffers) override {
    if (buffers.size() > register_max_) return fail(os_error(ENOMEM, "register buffers"));
    return {};
  }
  void register_at_most(std::size_t buffers) noexcept { register_max_ = buffers; }

 private:
  void give_answers() {
    const auto waiting = open_;  // completing changes open_
    for (const open_operation& one : waiting) {
      const auto found = answers_.find(one.op->kind);
      if (found == answers_.end() || found->second.empty()) continue;
      auto next = std::move(found->second.front());
      found->second.pop_front();
      complete(one.id, next.work_out ? next.work_out(*one.op) : next.value);
    }
  }

  struct scripted_answer {
    scripted_answer(std::int32_t given) : value(given) {}               // NOLINT(google-explicit-constructor)
    scripted_answer(std::function<std::int32_t(io::operation&)> given)  // NOLINT(google-explicit-constructor)
        : work_out(std::move(given)) {}
    std::int32_t value{0};
    std::function<std::int32_t(io::operation&)> work_out{};
  };

  manual_clock& time_;
  std::vector<open_operation> open_;
  std::deque<io::completion> completed_;
  std::map<io::op_kind, std::deque<scripted_answer>> answers_;
  std::vector<io::op_kind> history_;
  std::size_t started_{0};
  std::size_t entered_{0};
  std::size_t cancels_{0};
  std::size_t register_max_{SIZE_MAX};
  bool obey_cancel_{true};
  bool woken_{false};
};

}  // namespace wf::test
