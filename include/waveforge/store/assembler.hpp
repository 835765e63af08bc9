#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>

#include "waveforge/io/pipe_pool.hpp"
#include "waveforge/io/task_scope.hpp"
#include "waveforge/session/plan.hpp"
#include "waveforge/store/failed_assemblies.hpp"
#include "waveforge/store/store_core.hpp"

namespace wf::store {

/// Makes finished recordings out of sealed sessions, off the request path, a few at a time and in order of arrival.
/// Each can be started again at any point and ends in the same recording:
///
///   vouch for every byte -> fact `assembling` -> the bytes under a temporary name in completed/, synced ->
///   recording.meta
///   -> both renamed into place, directories synced -> fact `assembled` -> sources removed
///
/// What finds no place in the queue, and what fails for a reason that may pass, is taken up again by unfinished_work.
/// Runs on one ring (the background one); enqueue() is thread-safe.
class assembler {
 public:
  assembler(store_core& core, io::ring_context& ring, io::pipe_pool& pipes);
  ~assembler();

  /// Once, however often it is asked for; not when the queue is full or the store closes. The entry's mutex is held.
  void enqueue(const std::shared_ptr<session_entry>& entry);
  /// Serve the queue until stop(); a running assembly ends its step.
  [[nodiscard]] io::task<void> run();
  void stop() noexcept;
  [[nodiscard]] std::size_t waiting() const;
  /// The queue is at most half full.
  [[nodiscard]] bool takes_more() const;
  /// Since it was asked last, something found no place in the queue: its row of work remembers it. Any thread.
  [[nodiscard]] bool take_left_out() noexcept { return left_out_.exchange(false, std::memory_order_acq_rel); }
  /// What failed and is to be tried again. Its ring only.
  [[nodiscard]] failed_assemblies& failed() noexcept { return failed_; }

  /// What is left to do for a finished recording: the chunks it was made of go, and recording.meta says what its row
  /// says. Fails when the manifest could not be written. Whatever fails is done by the next start. The caller is alone
  /// with the session, or holds it and its late changes.
  [[nodiscard]] io::task<result<void>> clear_up(const std::shared_ptr<session_entry>& entry);

 private:
  [[nodiscard]] io::task<void> lane();
  [[nodiscard]] io::task<void> assemble(std::shared_ptr<session_entry> entry);
  [[nodiscard]] io::task<result<void>> make(const std::shared_ptr<session_entry>& entry);
  [[nodiscard]] io::task<result<void>> announce(const std::shared_ptr<session_entry>& entry,
                                                const session::assembly_plan& plan);
  /// The bytes under the temporary name or, from an earlier run, under the final one.
  [[nodiscard]] io::task<result<void>> bring_together(session_entry& entry, const session::assembly_plan& plan,
                                                      const open_directory& completed);
  [[nodiscard]] io::task<result<void>> adopt(session_entry& entry, const session::assembly_plan& plan,
                                             const open_directory& completed);
  [[nodiscard]] io::task<result<void>> build(session_entry& entry, const session::assembly_plan& plan,
                                             const open_directory& completed);
  [[nodiscard]] io::task<result<void>> fill(session_entry& entry, const session::assembly_plan& plan, io::file& into);
  /// One step of a plan into `into`: shared blocks, else spliced.
  [[nodiscard]] io::task<result<void>> bring(session_entry& entry, const session::plan_step& step, io::file& into,
                                             std::uint64_t total_bytes);
  /// What --digest asks for, into the session's value. The bytes are whole, under either name.
  [[nodiscard]] io::task<result<void>> compute_digest(session_entry& entry, const open_directory& completed);
  [[nodiscard]] io::task<result<void>> write_manifest(session_entry& entry, const open_directory& completed);
  [[nodiscard]] io::task<result<void>> rewrite_manifest(session_entry& entry);
  /// False: they could not be removed.
  [[nodiscard]] io::task<bool> remove_chunks(session_entry& entry, const open_directory& home);
  [[nodiscard]] io::task<result<void>> put_in_place(session_entry& entry, const open_directory& completed);
  [[nodiscard]] io::task<result<void>> finish(const std::shared_ptr<session_entry>& entry, std::uint64_t size_bytes);
  void note_failure(const std::shared_ptr<session_entry>& entry, const error& why);
  /// Unless that could not help. The entry's mutex is held.
  void try_again_later(const session_entry& entry, const error& why);

  store_core& core_;
  io::ring_context& ring_;
  io::pipe_pool& pipes_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<session_entry>> queue_;
  bool stopping_{false};
  failed_assemblies failed_;
  std::atomic<bool> left_out_{false};
  io::notifier arrived_;
};

}  // namespace wf::store
