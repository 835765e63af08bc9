#pragma once

#include <cstdint>
#include <memory>

#include "wfload/exchange.hpp"
#include "wfload/options.hpp"

namespace wf::load {

/// A piece of work that keeps one connection busy: a chunk to upload, a recording to finish. Knows neither sockets nor
/// time, so it is tested by handing it answers.
class job {
 public:
  virtual ~job() = default;
  /// The next move. `last` is the answer to the exchange returned before; null at the start and after a pause.
  [[nodiscard]] virtual step next(const answer* last) = 0;

  /// The work that was put off: reading back and deleting, as `how` asks, what this job has finished. Null: none.
  [[nodiscard]] virtual std::unique_ptr<job> check(const options& how) const {
    (void)how;
    return nullptr;
  }

  [[nodiscard]] std::uint64_t recording_number() const noexcept { return recording_; }
  [[nodiscard]] kind unit() const noexcept { return unit_; }
  /// Body bytes acknowledged by 2xx answers since the last call.
  [[nodiscard]] std::uint64_t take_acknowledged_bytes() noexcept {
    const std::uint64_t bytes = acknowledged_;
    acknowledged_ = 0;
    return bytes;
  }
  [[nodiscard]] std::uint64_t retries() const noexcept { return retries_; }
  /// All it sent, or checks, was read back and every byte was right. Deleting it afterwards may still have failed.
  [[nodiscard]] bool compared() const noexcept { return compared_; }

 protected:
  job(std::uint64_t recording, kind unit) : recording_{recording}, unit_{unit} {}
  void acknowledge(std::uint64_t bytes) noexcept { acknowledged_ += bytes; }
  void count_retry() noexcept { ++retries_; }
  void note_compared() noexcept { compared_ = true; }

 private:
  std::uint64_t recording_;
  kind unit_;
  std::uint64_t acknowledged_{0};
  std::uint64_t retries_{0};
  bool compared_{false};
};

}  // namespace wf::load
