#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "waveforge/base/unique_function.hpp"
#include "waveforge/io/notifier.hpp"
#include "waveforge/io/task_scope.hpp"
#include "waveforge/store/ballast.hpp"
#include "waveforge/store/facts.hpp"
#include "waveforge/store/held_rows.hpp"
#include "waveforge/store/open_file.hpp"
#include "waveforge/store/options.hpp"

namespace wf::store {

/// What must be true before an answer may be sent.
struct commit_request {
  /// Written to by operations whose completion has arrived; synced before the facts.
  std::vector<std::shared_ptr<open_file>> files{};
  /// Hold names that must be durable; synced before the facts.
  std::vector<std::shared_ptr<open_directory>> directories{};
  std::vector<fact_write> rows{};
  /// The rows must be on stable storage.
  bool sync{false};
  /// Called on the committer's thread when the round has ended, before the waiter resumes; also when it failed.
  /// Not called for what begin() refuses because the store closes: begin() runs under locks that this may take.
  unique_function<void(const result<void>&)> ended{};
};

/// The rounds: one at a time, for everybody who waits for the disk.
///
///   take the requests that wait -> sync their files and directories, together -> one batch of facts, synced if any
///   request asks for it -> tell them all
///
/// There is no timer: the next round starts when this one ends, so that an idle answer waits for one round and a busy
/// disk is asked as seldom as it can bear. A request whose files and directories are on stable storage already, or that
/// has none, does not wait for the syncs of others: its rows are written at once, or, if they must be on stable storage
/// too, with those of the round under way. Rows that concern one another (held_rows) are applied in the order of their
/// requests.
///
/// A failed sync is final: nothing is acknowledged from this file system any more (the kernel tells the error once and
/// then forgets it, with the data).
class committer {
 public:
  committer(const environment& world, io::ring_context& ring, facts& rows, const io::directory& root, ballast& spare);
  ~committer();
  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;

  /// Thread-safe. Wait for the round that covers `request`. A cancelled waiter returns timed_out; the request goes on.
  [[nodiscard]] io::task<result<void>> commit(commit_request request);
  /// Thread-safe. The same in two steps: what is begun under a lock is written in the order in which the lock was held.
  struct pending;
  using begun = std::shared_ptr<pending>;
  [[nodiscard]] begun begin(commit_request request);
  [[nodiscard]] io::task<result<void>> wait(begun one);
  /// Thread-safe. commit() without waiting.
  void submit(commit_request request);
  /// A sync has failed, now or (when noted in .lock) before.
  [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  /// The failure that every later commit meets, without being written; otherwise none.
  [[nodiscard]] result<void> takes_more() const;
  /// A write of facts has failed: only the next start finds out which of its rows are there.
  [[nodiscard]] bool in_doubt() const noexcept { return in_doubt_.load(std::memory_order_acquire); }
  /// Sync a file of its own that no round knows, on the caller's ring. A failure is as final as a round's.
  [[nodiscard]] io::task<result<void>> sync_apart(io::file& file);
  /// Called once, on the thread that saw it, when the first sync fails. Set before the first commit.
  void on_failure(unique_function<void()> told) { told_ = std::move(told); }

  /// Committer's thread: serve rounds until stop().
  [[nodiscard]] io::task<void> run();
  /// Thread-safe. run() ends after the requests that wait now.
  void stop() noexcept;
  /// Wait until run() has ended.
  [[nodiscard]] io::task<void> ended();

 private:
  [[nodiscard]] bool enqueue(std::shared_ptr<pending> one);
  using pending_list = std::vector<std::shared_ptr<pending>>;
  /// Take what has arrived: what needs no sync is returned, the rest waits for the next round.
  [[nodiscard]] pending_list sort_arrived();
  [[nodiscard]] bool must_wait(const commit_request& request) const;
  void let_go(pending& one);
  [[nodiscard]] io::task<void> sync_round();
  /// Everybody whose rows are due now is in `ready` afterwards, in order.
  void end_round(pending_list& ready);
  /// Write the rows of `requests`, together, and tell them.
  [[nodiscard]] io::task<void> write_facts(const pending_list& requests);
  [[nodiscard]] io::task<result<void>> apply(const pending_list& requests);
  void tell(const pending_list& requests, const result<void>& outcome);
  [[nodiscard]] io::task<result<void>> sync_all(const pending_list& requests);
  [[nodiscard]] io::task<void> sync_file(std::shared_ptr<open_file> file, result<void>& outcome);
  [[nodiscard]] io::task<void> sync_directory(std::shared_ptr<open_directory> directory, result<void>& outcome);
  /// no_space, before the database is asked: a log that could not be written to the end is no longer written to.
  [[nodiscard]] result<void> room_for_facts() const;
  void fail_for_good(const error& why);

  environment world_;
  io::ring_context& ring_;
  facts& rows_;
  const io::directory& root_;
  ballast& spare_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<pending>> waiting_;
  bool stopping_{false};
  // Committer's thread only.
  pending_list next_;     ///< will be synced together
  pending_list syncing_;  ///< are being synced
  pending_list joining_;  ///< need only the sync of the log that ends this round
  std::optional<result<void>> synced_;
  steady_time round_began_{};
  held_rows held_;  ///< of all these: whoever comes later has to wait behind them
  bool ended_{false};
  io::notifier finished_;
  io::notifier arrived_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> in_doubt_{false};
  unique_function<void()> told_;
};

}  // namespace wf::store
