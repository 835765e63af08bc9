#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "waveforge/io/pipe_pool.hpp"
#include "waveforge/io/task_scope.hpp"
#include "waveforge/store/store_core.hpp"

namespace wf::store {

/// Upload-Concat of an upload that is made of others.
[[nodiscard]] bool is_final(std::string_view concat) noexcept;
/// The uploads it was asked to be made of, from what the client sent: their names end its URLs. Empty: one is none.
[[nodiscard]] std::vector<session::session_id> parts_of_final(std::string_view concat);

/// Makes final uploads of their parts (tus 1.0.0, Concatenation), each by the cheapest safe way: one part with bytes in
/// it gets one more name, else blocks are shared, else the bytes go through a pipe. Parts are only read, and until the
/// round that says the upload is whole nothing is told of it; so a join may be broken off anywhere and begun anew. What
/// is not joined yet has a work row, by which the next start finds it.
///
/// Works on one ring (the background one); what says so may be called from any.
class joiner {
 public:
  joiner(store_core& core, io::ring_context& ring, io::pipe_pool& pipes);
  ~joiner();

  struct parts_seen {
    bool complete{true};
    std::uint64_t known_bytes{0};                 ///< sum of lengths; of what arrived, where a length is not known
    std::optional<std::uint64_t> length_bytes{};  ///< nullopt: some length is not known
    std::uint32_t with_bytes{0};                  ///< how many of the list are not known to be empty
  };
  /// Whoever still sends a part is not disturbed. not_found, expired, cancelled, damaged; bad_request: it is not a
  /// partial upload. Any ring.
  [[nodiscard]] io::task<result<parts_seen>> look_at(std::vector<session::session_id> parts);
  /// Join `id` now, once however many ask for it, and wait for the end. Ok: it is whole, or a part is not complete yet.
  /// timed_out: it goes on. Any ring.
  [[nodiscard]] io::task<result<void>> join(session::session_id id, io::deadline until);
  /// Join `id` when its last part is complete, and when there is room for it. Any thread.
  void watch(session::session_id id);
  /// Its ring: breaks off what runs.
  [[nodiscard]] io::task<void> close();

 private:
  struct attempt {
    std::optional<result<void>> outcome{};  ///< guarded by mutex_
    io::notifier ended{};
  };
  struct finished_part {
    std::string path{};  ///< below the data dir
    std::uint64_t size_bytes{0};
  };
  using id_list = std::vector<session::session_id>;

  [[nodiscard]] std::shared_ptr<attempt> begin(const session::session_id& id);
  void end(const session::session_id& id, attempt& one, result<void> outcome);
  [[nodiscard]] io::task<void> run(session::session_id id, std::shared_ptr<attempt> one);
  [[nodiscard]] io::task<result<void>> make(session::session_id id);
  /// Every byte of the parts into the segment, under whatever name.
  [[nodiscard]] io::task<result<void>> bring_together(session_entry& entry, const id_list& parts, parts_seen seen);
  [[nodiscard]] io::task<result<void>> adopt(session_entry& entry, const id_list& parts);
  [[nodiscard]] io::task<result<void>> copy(session_entry& entry, const id_list& parts);
  [[nodiscard]] io::task<result<void>> record(const std::shared_ptr<session_entry>& entry, std::uint64_t total_bytes);
  /// The part as one file; waits for it to be put together. With the part held, so that it does not go meanwhile.
  [[nodiscard]] io::task<result<finished_part>> await_file(session::session_id part, session_hold& held);

  [[nodiscard]] io::task<void> follow(session::session_id id);
  /// Until every part is complete, or there is something else to be said of one.
  [[nodiscard]] io::task<void> await_parts(id_list parts);
  /// Until what went wrong may have passed.
  [[nodiscard]] io::task<void> pause(errc why, std::uint64_t bytes);
  void give_up(const std::shared_ptr<session_entry>& entry, const error& why);

  store_core& core_;
  io::ring_context& ring_;
  io::pipe_pool& pipes_;
  io::task_scope work_;
  std::mutex mutex_;
  std::unordered_map<session::session_id, std::shared_ptr<attempt>> running_;  ///< guarded
  std::size_t watched_{0};                                                     ///< its ring only
};

}  // namespace wf::store
