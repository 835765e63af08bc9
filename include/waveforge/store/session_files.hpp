#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "waveforge/session/session_id.hpp"
#include "waveforge/store/gate.hpp"
#include "waveforge/store/open_file.hpp"
#include "waveforge/store/options.hpp"

namespace wf::store {

/// "{sid}" below the data dir, or ".tus/{id}", with the fan-out directories in front.
[[nodiscard]] std::string session_path(const session::session_id& id, unsigned fan_out);

/// Whether opening waits until the budget of open files has room (unavailable after limits::open_files_patience), or
/// takes what it needs: work that is not repeated by whoever asked for it, and steps of what has begun.
enum class opening : std::uint8_t { at_once, when_there_is_room };

/// The open files and directories of one session. Opens each once, makes directories with the first body byte, reserves
/// blocks ahead of need, and knows which names a round still has to make durable. Thread-safe.
class session_files {
 public:
  session_files(const environment& world, const options& with, std::shared_ptr<open_directory> root,
                file_budget& budget, const session::session_id& id);

  /// chunks/segment; made, with its directories, when missing.
  [[nodiscard]] io::task<result<std::shared_ptr<open_file>>> segment(opening how = opening::at_once);
  /// The file of a chunk that was not placed.
  [[nodiscard]] io::task<result<std::shared_ptr<open_file>>> chunk_file(std::uint32_t index, std::uint32_t generation,
                                                                        opening how = opening::at_once);
  /// Close and remove chunks/segment, if there is one; nobody uses it any more. The next one is a new file.
  [[nodiscard]] io::task<result<void>> forget_segment();
  /// Make chunks/segment one more name of `source`, a path below the data dir that nobody writes to any more. There
  /// must be no segment.
  [[nodiscard]] io::task<result<void>> link_segment(const std::string& source);
  /// Close and remove a chunk's file; nobody uses it any more.
  [[nodiscard]] io::task<result<void>> forget_chunk_file(std::uint32_t index, std::uint32_t generation);
  /// Blocks for [offset, offset + length) of the segment, a growing step ahead where the neighbours are reserved
  /// already. `bound`: nothing is reserved at or past it. no_space when the disk is full.
  [[nodiscard]] io::task<result<void>> reserve(open_file& segment, std::uint64_t offset, std::uint64_t length,
                                               std::uint64_t bound);
  /// The O_DIRECT descriptor of the segment. Failure: use another way.
  [[nodiscard]] io::task<result<void>> open_direct(open_file& segment);
  /// A directory below the session's ("" is its own), made when missing; parents first.
  [[nodiscard]] io::task<result<std::shared_ptr<open_directory>>> directory(const std::string& path);

  /// Everything with a name that is not known to be durable.
  [[nodiscard]] std::vector<std::shared_ptr<open_directory>> unsynced_directories() const;
  /// Everything with bytes that are not known to be durable.
  [[nodiscard]] std::vector<std::shared_ptr<open_file>> unsynced_files() const;
  /// Let go of every handle. Nobody else uses the session and nothing is dirty, or it is to be removed.
  void close();
  /// Close what is neither used right now nor has anything to be synced; at any time.
  void close_unused();
  [[nodiscard]] std::size_t open_count() const;
  [[nodiscard]] file_budget& budget() const noexcept { return budget_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t reserved_bytes() const;

 private:
  [[nodiscard]] io::task<result<std::shared_ptr<open_file>>> open_below(const std::string& parent,
                                                                        const std::string& name,
                                                                        std::uint32_t descriptors, opening how);
  /// As directory(); counted as part of `room`.
  [[nodiscard]] io::task<result<std::shared_ptr<open_directory>>> open_directories(const std::string& path,
                                                                                   file_budget::permit& room);
  /// How many directories of the path are not open yet.
  [[nodiscard]] std::uint32_t directories_missing(const std::string& path) const;
  [[nodiscard]] std::shared_ptr<open_file> find_file(const std::string& name) const;
  [[nodiscard]] std::shared_ptr<open_directory> find_directory(const std::string& path) const;
  /// End of the reserved run that covers or touches `offset`, or `offset`.
  [[nodiscard]] std::uint64_t reserved_until(std::uint64_t offset) const;
  /// A reserved run covers `offset` or ends there, or at most `gap` bytes before.
  [[nodiscard]] bool follows_reserved(std::uint64_t offset, std::uint64_t gap) const;
  void note_reserved(std::uint64_t from, std::uint64_t to);

  environment world_;
  const options& with_;
  std::shared_ptr<open_directory> root_;
  file_budget& budget_;
  std::string path_;
  mutable std::mutex mutex_;
  gate opening_;
  std::map<std::string, std::shared_ptr<open_file>> files_;
  std::map<std::string, std::shared_ptr<open_directory>> directories_;
  std::map<std::uint64_t, std::uint64_t> reserved_;  ///< disjoint runs of the segment: begin -> end
  std::uint64_t step_bytes_{0};
};

}  // namespace wf::store
