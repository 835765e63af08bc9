#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "waveforge/session/fact.hpp"
#include "waveforge/store/facts.hpp"
#include "waveforge/store/session_entry.hpp"

namespace wf::store {

/// A session as the facts have it in `now`, the present era; nullopt: there is none. Rows of other eras fall back to
/// what was vouched. `unvouched` (if given) says whether any row counts only because of the era. Blocks on the disk.
[[nodiscard]] result<std::optional<session::recording>> load_recording(facts& rows, const session::session_id& id,
                                                                       session::era now, bool* unvouched = nullptr);

/// The sessions in memory: a cache of the facts. Looks cold ones up on the reader's thread; two that ask for the same
/// one at the same time share one look-up. Striped; thread-safe.
class session_cache {
 public:
  /// Makes a loaded session fit to be served (syncs what only the page cache has, checks its files). Runs on the ring
  /// of the first asker, before anybody else sees the session. A failure is the answer to whoever asked, and the next
  /// one who asks has the session loaded again.
  using adopt_function = std::function<io::task<result<void>>(std::shared_ptr<session_entry>, bool unvouched)>;

  session_cache(const environment& world, const options& with, std::shared_ptr<open_directory> root,
                file_budget& budget, io::ring_context& reader, facts& rows, session::era now);

  void on_load(adopt_function adopt) { adopt_ = std::move(adopt); }

  /// The entry of `id`, loaded. It may turn out not to be `known`. io_failed or damaged when the facts cannot be read;
  /// io_failed or unavailable when the disk does not say whether the files are there.
  [[nodiscard]] io::task<result<std::shared_ptr<session_entry>>> find(session::session_id id);
  /// As find, without looking: null when it is not in memory.
  [[nodiscard]] std::shared_ptr<session_entry> peek(const session::session_id& id);
  /// Entries nobody uses (no operation, no holder but the cache), least recently used first.
  [[nodiscard]] std::vector<std::shared_ptr<session_entry>> idle(std::size_t count_max, steady_time used_before);
  /// Forget an entry, if nobody but the caller and the cache holds it. False: it is in use.
  [[nodiscard]] bool forget(std::shared_ptr<session_entry>& entry);
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::vector<std::shared_ptr<session_entry>> all();

 private:
  struct slot {
    std::shared_ptr<session_entry> entry;
    std::atomic<bool> ready{false};
    std::shared_ptr<io::notifier> loaded{std::make_shared<io::notifier>()};
    result<void> outcome{};
  };
  struct stripe {
    mutable std::mutex mutex;
    std::unordered_map<session::session_id, std::shared_ptr<slot>> slots;
  };
  [[nodiscard]] stripe& stripe_of(const session::session_id& id) noexcept;
  [[nodiscard]] io::task<void> load(std::shared_ptr<slot> into);

  environment world_;
  const options& with_;
  std::shared_ptr<open_directory> root_;
  file_budget& budget_;
  io::ring_context& reader_;
  facts& rows_;
  session::era era_;
  adopt_function adopt_;
  std::array<stripe, 64> stripes_;
};

}  // namespace wf::store
