#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "waveforge/base/result.hpp"
#include "waveforge/io/body_source.hpp"
#include "waveforge/io/worker.hpp"
#include "waveforge/store/requests.hpp"
#include "waveforge/store/views.hpp"

namespace wf::store {

/// What a store can do; what it cannot is not advertised and not routed.
struct capabilities {
  bool can_delete{true};
  bool can_expire{true};
  bool can_replace{true};
  bool can_concatenate{true};
};

/// The exclusive right to append to one chunk. While it is held nobody else writes there; whoever comes later asks it
/// to let go. Giving it up (destruction) needs no suspension. One coroutine, one ring.
class writer {
 public:
  virtual ~writer() = default;
  /// The chunk as it was when the right was granted: settled, so `offset_bytes` is where the next byte goes.
  [[nodiscard]] virtual const chunk_view& chunk() const noexcept = 0;

  /// Take the body, put every byte in its place, wait for the round that makes the promise.
  ///
  /// Ok: the chunk as promised afterwards. A failure says why the body was not taken whole; what landed before it stays
  /// (unless a check was given), and `chunk()` then shows the promised state, with its round already waited for:
  ///   too_large (the body goes past the length; kept up to the length), no_space, io_failed, peer_gone, timed_out,
  ///   displaced (a later request took over: close the connection, say nothing), checksum_mismatch, content_conflict.
  /// At most one call per writer. `body` and `with` outlive it.
  [[nodiscard]] virtual io::task<result<chunk_view>> append(io::worker& on, io::body_source& body,
                                                            const append_options& with) = 0;
};

/// Sessions, chunks and recordings, kept. Thread-safe; every call runs on the ring of the coroutine that makes it.
/// A 2xx may be sent for whatever returned without an error: its durability is that of the configured level.
class store {
 public:
  virtual ~store() = default;
  [[nodiscard]] virtual capabilities can() const noexcept = 0;

  /// Create a chunk (opens the session when it is new), or find the same one again: `existed` tells. Settles it first.
  /// length_conflict, total_conflict, state_conflict, bad_request (index not below the total), expired, cancelled,
  /// no_space.
  [[nodiscard]] virtual io::task<result<created_chunk>> create(const create_request& request) = 0;
  /// The right to append; displaces who holds it. not_found, expired, cancelled, damaged, locked (did not let go in
  /// time). Past ingest a writer is still granted, whose chunk() is complete and whose session_state says why nothing
  /// can be appended.
  [[nodiscard]] virtual io::task<result<std::unique_ptr<writer>>> write(const session::session_id& id,
                                                                        chunk_index index) = 0;
  /// The chunk with nothing pending: displaces a writer, waits for its round. not_found, expired, cancelled, locked
  /// (damaged sessions included).
  [[nodiscard]] virtual io::task<result<chunk_view>> settle(const session::session_id& id, chunk_index index) = 0;
  /// Whole-chunk upload of the fallback API: replaces a partial chunk atomically, takes its length; a complete one is
  /// compared (content_conflict). The body's end is its length. A broken body leaves what was there before.
  /// `request.hints` is read again when the body has ended: the fields of a form may come after its file.
  [[nodiscard]] virtual io::task<result<chunk_view>> replace(io::worker& on, const create_request& request,
                                                             io::body_source& body) = 0;
  /// Keep a body that has no place yet (a file part that came before the fields that say where it belongs): a little of
  /// it in memory, more in a temporary file that is gone with the result, or at the next start. The result reads it
  /// again from its first byte. too_large past `bytes_max`, no_space, io_failed, and whatever `body` failed with.
  [[nodiscard]] virtual io::task<result<std::unique_ptr<io::body_source>>> hold(io::worker& on, io::body_source& body,
                                                                                std::uint64_t bytes_max) = 0;
  [[nodiscard]] virtual io::task<result<void>> remove_chunk(const session::session_id& id, chunk_index index) = 0;

  [[nodiscard]] virtual io::task<result<session_view>> status(const session::session_id& id) = 0;
  /// The next view with a version past `seen`; timed_out when there is none by `until`.
  [[nodiscard]] virtual io::task<result<session_view>> wait_for_change(const session::session_id& id,
                                                                       std::uint64_t seen, io::deadline until) = 0;
  /// Start assembling, or say why not: the view's state is assembled or assembling; chunks_missing otherwise, and then
  /// nothing has changed. Idempotent.
  [[nodiscard]] virtual io::task<result<session_view>> assemble(const assemble_request& request) = 0;
  [[nodiscard]] virtual io::task<result<recording_handle>> open_recording(const session::session_id& id) = 0;
  /// Remove everything, leaving a tombstone. Ok again while the tombstone stays; not_found when unknown.
  [[nodiscard]] virtual io::task<result<void>> remove(const session::session_id& id) = 0;
  /// One upload made of others, in order (tus 1.0.0, Concatenation). Idempotent for the same parts, metadata and owner.
  [[nodiscard]] virtual io::task<result<created_chunk>> concatenate(const concatenate_request& request) = 0;

  [[nodiscard]] virtual io::task<result<session_page>> list(std::string after, std::uint32_t count_max) = 0;
  /// Whether uploads can be taken now, for /ready: the reason when not.
  [[nodiscard]] virtual result<void> ready() const = 0;
};

}  // namespace wf::store
