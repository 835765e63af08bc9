#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/tus_client.hpp"

/// What a server has told its clients, kept outside of it, so that it can be held to it after a crash.
namespace wf::test {

/// --durability of the server the ledger is about.
enum class level : std::uint8_t { none, chunk, patch };
[[nodiscard]] const char* name_of(level value) noexcept;

/// What has died: the process alone, or the machine with everything that was not on stable storage.
enum class crash : std::uint8_t { process, machine };

/// One chunk, as its clients know it. Told and durable only grow between two crashes.
struct chunk_note {
  std::uint64_t begin_bytes{0};  ///< in the recording
  std::uint64_t length_bytes{0};
  bool create_asked{false};
  bool create_told{false};
  bool remove_asked{false};
  std::uint64_t sent_bytes{0};                  ///< no offset behind it can be right
  std::uint64_t told_bytes{0};                  ///< acknowledged, by whatever answer or event
  std::uint64_t durable_bytes{0};               ///< of it what a power cut must leave
  const char* told_by{""};                      ///< which answer said so
  bool create_asked_in_vain{false};             ///< first asked for when there was no disk any more
  std::uint64_t sent_in_vain_from{UINT64_MAX};  ///< so were the bytes from here on
};

enum class surface : std::uint8_t { session, tus };

/// One recording (or plain tus upload) from its first request to its end. Thread-safe: whoever sends, observes or
/// checks locks it for each access.
struct recording_note {
  std::mutex mutex{};
  std::uint64_t number{0};  ///< also the stream of the payload that makes its bytes
  surface where{surface::session};
  std::string session{};                       ///< the session's id; of a tus upload the path the server gave it
  std::optional<std::uint64_t> chunk_bytes{};  ///< chunkSize; nullopt: the chunks are of any length
  std::vector<chunk_note> chunks{};
  std::uint64_t size_bytes{0};
  std::uint64_t removals{0};  ///< grows before a chunk is removed: what was asked earlier tells nothing any more
  bool assembled_told{false};
  bool delete_asked{false};
  bool delete_told{false};
  bool delete_asked_in_vain{false};

  [[nodiscard]] std::string path_of(std::uint32_t index) const;
};

/// The disk under the server, as the ledger counts it.
///
/// The shutdown of a file system is not as sharp as a cut: a sync that is under way at that moment may return success
/// without having brought anything to the disk (seen with a bare write-and-fdatasync loop, ext4 and XFS, one in 10 to
/// 25). What is acknowledged from just before it on is therefore no promise; what is asked for after it and
/// acknowledged all the same is a lie.
enum class power : std::uint8_t { on, going, gone };

/// All of them, and what was counted. Thread-safe.
class ledger {
 public:
  explicit ledger(level durability) : level_{durability} {}

  [[nodiscard]] level durability() const noexcept { return level_; }
  /// Called after every acknowledgement, on the thread that read it, with how many there were.
  void on_acknowledgement(std::function<void(std::uint64_t)> told) { told_ = std::move(told); }

  void created(recording_note& of, std::uint32_t index);
  /// Bytes up to `offset` of this chunk were told to be there.
  void told(recording_note& of, std::uint32_t index, std::uint64_t offset, const char* by);
  /// What a status said that was asked for when `removals` was the recording's.
  void seen(recording_note& of, const session_status& now, std::uint64_t removals);
  void assembled(recording_note& of);
  void deleted(recording_note& of);

  [[nodiscard]] std::uint64_t acknowledgements() const noexcept { return acknowledgements_.load(); }

  void set_power(power now) noexcept { power_.store(now); }
  [[nodiscard]] bool power_is_on() const noexcept { return power_.load() == power::on; }

  /// To be called under the note's mutex before the request is sent.
  void ask_to_create(chunk_note& one);
  void ask_to_keep(chunk_note& one, std::uint64_t until);
  void ask_to_delete(recording_note& of);

  /// A promise that was not kept, or an answer nobody can explain. Printed with the rest at the end.
  void violation(const recording_note& of, const std::string& what);
  [[nodiscard]] std::vector<std::string> violations() const;

 private:
  void acknowledged();

  level level_;
  std::function<void(std::uint64_t)> told_{};
  std::atomic<std::uint64_t> acknowledgements_{0};
  std::atomic<power> power_{power::on};
  mutable std::mutex mutex_{};
  std::vector<std::string> violations_{};
};

}  // namespace wf::test
