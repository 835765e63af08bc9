#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>

#include "wfload/job.hpp"
#include "wfload/options.hpp"
#include "wfload/recording.hpp"
#include "wfload/request_text.hpp"

namespace wf::load {

/// Hands out jobs to one thread's connections: chunks of the recordings that are open, in turn, and the finishing of
/// recordings whose chunks are all there. Recording numbers come from a counter all threads share. Not thread-safe.
class workload {
 public:
  /// Keeps up to `open_max` recordings open. Borrows everything.
  workload(const options& how, const request_text& text, std::uint32_t open_max,
           std::atomic<std::uint64_t>& recordings_begun);

  enum class growth : std::uint8_t {
    keep,   ///< open recordings only while fewer than `open_max` are
    grow,   ///< as `keep`, and one more when no other chunk is left to hand out (an arrival never waits for that)
    close,  ///< open none
  };
  /// A job that finishes a recording; null when none is due. Never an arrival of the schedule.
  [[nodiscard]] std::unique_ptr<job> take_finish();
  /// A chunk to upload; null when there is none now.
  [[nodiscard]] std::unique_ptr<job> take_chunk(growth allowed);

  /// From now on jobs only send, and what `how` asks to be done with the finished is kept for take_check().
  void put_off_checks(const options& how) noexcept { checks_as_ = &how; }
  /// A check that was put off; null when none is left.
  [[nodiscard]] std::unique_ptr<job> take_check();
  [[nodiscard]] bool checks_left() const noexcept { return !checks_.empty(); }
  /// Recordings with numbers from here on are not opened.
  void open_below(std::uint64_t number) noexcept { end_ = number; }

  enum class outcome : std::uint8_t { nothing, recording_done };
  /// A job ended. After a failed chunk the recording is dropped: it can never be finished.
  [[nodiscard]] outcome ended(const job& which, bool well);
  /// To be asked once of every job that ended: with it, all bytes of its recording were compared. A session's recording
  /// is read as a whole, others chunk by chunk.
  [[nodiscard]] bool verifies_recording(const job& which);

  /// No recording is open.
  [[nodiscard]] bool idle() const noexcept { return open_.empty(); }
  /// All recordings of the run were begun, and no chunk of ours is left to hand out.
  [[nodiscard]] bool exhausted() const noexcept {
    return how_.recordings != 0 && begun_.load(std::memory_order_relaxed) >= end_ && with_chunks_.empty();
  }

 private:
  struct entry {
    std::shared_ptr<recording> what;
    std::uint32_t in_flight{0};
    std::uint32_t done{0};
    bool broken{false};
  };
  [[nodiscard]] bool open_one();

  const options& how_;
  const request_text& text_;
  std::uint32_t open_max_;
  std::atomic<std::uint64_t>& begun_;
  std::unordered_map<std::uint64_t, entry> open_;
  std::deque<std::uint64_t> with_chunks_;
  std::deque<std::uint64_t> to_finish_;
  std::uint64_t end_;
  const options* checks_as_{nullptr};
  std::deque<std::unique_ptr<job>> checks_{};
  /// Chunks compared, by recording. One that failed keeps its entry; the driver ends a run with many of those.
  std::unordered_map<std::uint64_t, std::uint32_t> chunks_compared_{};
};

}  // namespace wf::load
