#pragma once

#include <memory>

#include "waveforge/store/assembler.hpp"
#include "waveforge/store/identity.hpp"
#include "waveforge/store/joiner.hpp"
#include "waveforge/store/remover.hpp"
#include "waveforge/store/store.hpp"
#include "waveforge/store/store_core.hpp"
#include "waveforge/store/sweeper.hpp"
#include "waveforge/store/unfinished_work.hpp"

namespace wf::store {

/// Sessions in files below one data dir, facts beside them. Where bytes lie: docs/storage_format.md; what an answer
/// promises: docs/durability.md.
///
/// Uses two rings besides the workers': the committer's (rounds; the only one that writes facts) and the background one
/// (assembly, cold look-ups, cleaning). Whoever makes it runs their threads; see store_host.
class file_store final : public store {
 public:
  file_store(const environment& world, const options& with, io::ring_context& commit_ring,
             io::ring_context& background_ring, std::unique_ptr<facts> rows, claimed_dir dir);
  ~file_store() override;

  /// On the background ring, before the first request: resume what a crash interrupted.
  [[nodiscard]] io::task<result<void>> start();
  /// On the background ring, after the last request: everything written is vouched for, then the rounds end.
  /// A failure: not everything could be sealed; it is as if the process had been killed.
  [[nodiscard]] io::task<result<void>> close();
  /// Tell other programs where this server listens, and where plain tus uploads are there (in .lock, for wfctl).
  [[nodiscard]] io::task<void> announce(std::string address, std::string tus_base);

  [[nodiscard]] capabilities can() const noexcept override;
  [[nodiscard]] io::task<result<created_chunk>> create(const create_request& request) override;
  [[nodiscard]] io::task<result<std::unique_ptr<writer>>> write(const session::session_id& id,
                                                                chunk_index index) override;
  [[nodiscard]] io::task<result<chunk_view>> settle(const session::session_id& id, chunk_index index) override;
  [[nodiscard]] io::task<result<chunk_view>> replace(io::worker& on, const create_request& request,
                                                     io::body_source& body) override;
  [[nodiscard]] io::task<result<std::unique_ptr<io::body_source>>> hold(io::worker& on, io::body_source& body,
                                                                        std::uint64_t bytes_max) override;
  [[nodiscard]] io::task<result<void>> remove_chunk(const session::session_id& id, chunk_index index) override;
  [[nodiscard]] io::task<result<session_view>> status(const session::session_id& id) override;
  [[nodiscard]] io::task<result<session_view>> wait_for_change(const session::session_id& id, std::uint64_t seen,
                                                               io::deadline until) override;
  [[nodiscard]] io::task<result<session_view>> assemble(const assemble_request& request) override;
  [[nodiscard]] io::task<result<recording_handle>> open_recording(const session::session_id& id) override;
  [[nodiscard]] io::task<result<void>> remove(const session::session_id& id) override;
  [[nodiscard]] io::task<result<created_chunk>> concatenate(const concatenate_request& request) override;
  [[nodiscard]] io::task<result<session_page>> list(std::string after, std::uint32_t count_max) override;
  [[nodiscard]] result<void> ready() const override;

 private:
  [[nodiscard]] io::task<result<created_chunk>> create_now(const create_request& request);
  [[nodiscard]] io::task<result<created_chunk>> find_again(session_hold held, const create_request& request);
  [[nodiscard]] io::task<result<std::unique_ptr<writer>>> write_now(session::session_id id, std::uint32_t index);
  [[nodiscard]] io::task<result<chunk_view>> settle_joined(session::session_id id, std::uint32_t index);
  [[nodiscard]] io::task<result<chunk_view>> settle_now(session::session_id id, std::uint32_t index);
  [[nodiscard]] io::task<result<chunk_view>> replace_now(io::worker& on, const create_request& request,
                                                         io::body_source& body);
  /// A complete chunk sent again: the same bytes, or content_conflict.
  [[nodiscard]] io::task<result<chunk_view>> compare_complete(io::worker& on, session_hold& held, std::uint32_t index,
                                                              io::body_source& body);
  struct assembling_file {
    std::shared_ptr<open_file> file{};
    bool in_recording{false};  ///< `file` is the finished recording: chunks lie in it one after the other
  };
  /// For reading, while the assembler may move it. Never makes a file: an empty segment would be taken for the
  /// recording.
  [[nodiscard]] io::task<result<assembling_file>> open_while_assembled(session_entry& entry, std::uint32_t index,
                                                                       session::extent where);
  /// The new file is whole: make it the chunk, then bring it to its final place where there is one.
  [[nodiscard]] io::task<result<chunk_view>> take_replacement(session_hold& held, const create_request& request,
                                                              session::chunk before, std::uint32_t generation,
                                                              std::uint64_t length);
  [[nodiscard]] io::task<result<void>> move_into_segment(session_hold& held, std::uint32_t index, session::chunk one,
                                                         session::extent home);
  [[nodiscard]] io::task<result<created_chunk>> concatenate_now(const concatenate_request& request);
  /// What is told of an upload that somebody asks for; a final one is joined if its parts have become complete.
  [[nodiscard]] io::task<result<chunk_view>> join_if_possible(chunk_view seen, session::session_id id);
  [[nodiscard]] io::task<result<void>> remove_chunk_now(session::session_id id, std::uint32_t index);
  [[nodiscard]] io::task<result<session_view>> assemble_now(const assemble_request& request);
  /// The session, as soon as a row of its may be written. unavailable when that takes too long.
  [[nodiscard]] io::task<result<session_hold>> open_after_the_phase(session::session_id id, io::deadline until);
  /// What the request changes before the recording is there, and its commit; null: nothing. The entry's mutex is held.
  [[nodiscard]] committer::begun record_completion(const std::shared_ptr<session_entry>& entry,
                                                   const assemble_request& request, std::uint32_t total);
  /// A name or metadata for a finished recording, in its row and in its manifest. The caller holds the session.
  [[nodiscard]] io::task<result<void>> record_late(const std::shared_ptr<session_entry>& entry,
                                                   const assemble_request& request);
  [[nodiscard]] io::task<result<void>> remove_now(session::session_id id);
  /// Until .lock says it: it decides about the era of the next start.
  [[nodiscard]] io::task<void> note_failed_sync();
  /// Say in `.lock` that the next start must not believe the page cache. False: the disk did not take it.
  [[nodiscard]] io::task<bool> end_era();
  /// Makes a loaded session fit to be served; see session_cache::on_load.
  [[nodiscard]] io::task<result<void>> adopt_loaded(std::shared_ptr<session_entry> entry, bool unvouched);
  [[nodiscard]] io::task<result<void>> check_files(session_entry& entry);
  [[nodiscard]] io::task<result<void>> vouch_or_fall_back(std::shared_ptr<session_entry> entry);
  /// What an earlier process of this era wrote and nobody has asked for since is vouched for, too: soon after the
  /// start, and before a clean stop ends.
  [[nodiscard]] io::task<void> seal_in_the_background();
  [[nodiscard]] io::task<result<void>> seal_earlier_lives(bool closing);
  /// Sessions with such rows from `from` on, which moves; false: these were the last.
  [[nodiscard]] result<bool> find_unvouched(std::string& from, std::vector<session::session_id>& into);
  /// Leaving memory: at once when files are crowded, else when it is time.
  [[nodiscard]] io::task<void> trim();
  /// Close files until half of the budget is free: those of idle sessions, least recently used first; if these are not
  /// enough, what sessions at work have open and do not use.
  [[nodiscard]] io::task<void> make_room_for_files();
  /// Many at a time, so that they share their rounds.
  [[nodiscard]] io::task<void> each_together(std::vector<std::shared_ptr<session_entry>> entries,
                                             io::task<void> (file_store::*what)(std::shared_ptr<session_entry>));
  [[nodiscard]] io::task<void> seal(std::shared_ptr<session_entry> entry);
  [[nodiscard]] io::task<void> leave_memory(std::shared_ptr<session_entry> entry);

  environment world_;
  options with_;
  io::ring_context& commit_ring_;
  io::ring_context& background_ring_;
  std::unique_ptr<facts> rows_;
  claimed_dir dir_;
  space_guard space_;
  ballast spare_;
  file_budget files_;
  committer commits_;
  session_cache sessions_;
  store_core core_;
  io::pipe_pool pipes_;
  assembler assembler_;
  remover remover_;
  sweeper sweeper_;
  joiner joins_;
  io::task_scope rounds_;
  io::task_scope background_;
  unfinished_work unfinished_;
  result<void> seal_outcome_{};  ///< of the close; background ring only
  bool sealed_;                  ///< nothing is left of earlier processes that is not vouched for; background ring only
  gate identity_turn_;           ///< who writes `.lock`
  bool era_ended_{false};        ///< `.lock` says so; background ring only
};

}  // namespace wf::store
