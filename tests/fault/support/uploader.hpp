#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "fault/support/ledger.hpp"
#include "support/tus_client.hpp"
#include "wfload/payload.hpp"

namespace wf::test {

/// Makes recordings whose bytes follow from their number, and what their clients may do wrong.
struct workload {
  std::uint64_t seed{0};
  const load::payload* bytes{nullptr};
  ledger* book{nullptr};
  /// Set before the server is killed or the disk goes: refusals after it are no violations.
  const std::atomic<bool>* over{nullptr};
  bool removals{true};  ///< DELETE of chunks and sessions, now and then
};

/// A recording of a few chunks, or a plain tus upload; regular or not, small or large.
[[nodiscard]] std::shared_ptr<recording_note> make_recording(std::uint64_t seed, std::uint64_t number);

/// One client with a few recordings, which does one thing after another until the server is gone: creates, appends
/// (with checksums, in chunked bodies, broken off), asks (HEAD, status), falls back to forms, finishes, fetches and
/// compares, removes. Every answer goes into the ledger. One thread.
class uploader {
 public:
  uploader(const workload& of, std::uint64_t seed, std::uint16_t port);

  /// One step of one recording. Throws when the connection broke; the recording keeps what was asked.
  void step(recording_note& of);
  /// Nothing is left to do for it, or it was removed.
  [[nodiscard]] static bool finished(recording_note& of);
  /// Everything that is missing, straight: for the end of a campaign.
  void complete(recording_note& of);
  /// Reads it back and compares every byte.
  void compare(recording_note& of);

 private:
  [[nodiscard]] static bool exists(recording_note& of);
  [[nodiscard]] std::uint64_t pick(std::uint64_t below);
  [[nodiscard]] std::vector<std::byte> bytes_of(const recording_note& of, std::uint64_t from,
                                                std::uint64_t count) const;
  [[nodiscard]] std::string metadata_for(recording_note& of, std::uint32_t index);
  [[nodiscard]] std::optional<std::uint32_t> unfinished_chunk(recording_note& of);
  [[nodiscard]] bool explained(int status) const;
  void surprise(recording_note& of, std::string_view doing, const answer& got);

  void create(recording_note& of, std::uint32_t index, bool with_body);
  void create_tus(recording_note& of);
  void append(recording_note& of, std::uint32_t index, std::uint64_t bytes);
  void append_chunked(recording_note& of, std::uint32_t index, std::uint64_t bytes);
  void break_off(recording_note& of, std::uint32_t index);
  void ask_head(recording_note& of, std::uint32_t index);
  void ask_status(recording_note& of);
  void send_form(recording_note& of, std::uint32_t index);
  void remove_chunk(recording_note& of, std::uint32_t index);
  void remove(recording_note& of);
  void assemble(recording_note& of);
  void note_appended(recording_note& of, std::uint32_t index, std::string_view doing, const answer& got);

  workload of_;
  std::mt19937_64 engine_;
  std::uint16_t port_;
  tus_client client_;
};

}  // namespace wf::test
