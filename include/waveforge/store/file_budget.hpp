#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "waveforge/base/result.hpp"
#include "waveforge/io/notifier.hpp"

namespace wf::store {

/// How many descriptors the sessions may have open together. Whoever opens files for a request waits until there is
/// room, first in, first out; meanwhile whoever listens to `crowded` closes those of idle sessions. Thread-safe.
class file_budget {
  struct state;

 public:
  /// Counts descriptors as open until it goes; it may outlive the budget. Nobody is waited for when it goes.
  class permit {
   public:
    permit() noexcept = default;
    permit(permit&& other) noexcept
        : from_(std::move(other.from_)), count_(std::exchange(other.count_, std::uint32_t{0})) {}
    permit& operator=(permit&& other) noexcept {
      permit taken{std::move(other)};
      std::swap(from_, taken.from_);
      std::swap(count_, taken.count_);
      return *this;
    }
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    ~permit();

   private:
    friend class file_budget;
    permit(std::shared_ptr<state> from, std::uint32_t count) noexcept : from_(std::move(from)), count_(count) {}

    std::shared_ptr<state> from_{};
    std::uint32_t count_{0};
  };

  explicit file_budget(std::uint32_t files_max);
  ~file_budget();
  file_budget(const file_budget&) = delete;
  file_budget& operator=(const file_budget&) = delete;

  /// Room for `count` descriptors. unavailable: there was none until then.
  [[nodiscard]] io::task<result<permit>> take(std::uint32_t count, io::deadline until);
  /// At once, past the budget if need be: for work that nobody would ask for again, or that closes more than it opens.
  [[nodiscard]] permit take_now(std::uint32_t count);
  /// Part of what was taken before; what it falls short of is taken at once.
  [[nodiscard]] permit part_of(permit& taken, std::uint32_t count);

  [[nodiscard]] std::uint32_t open() const noexcept;
  [[nodiscard]] std::uint32_t files_max() const noexcept;
  /// Hardly any is left: idle sessions should be closed, so that nobody has to wait.
  [[nodiscard]] bool is_crowded() const noexcept;
  /// Notified when that has become so, when somebody begins to wait, and when a session falls idle while somebody
  /// waits.
  [[nodiscard]] io::notifier& crowded() noexcept;
  /// A session has nobody at work on it any more.
  void session_fell_idle() noexcept;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace wf::store
