#pragma once

#include <string>
#include <vector>

#include "support/sim/plan.hpp"

namespace wf::sim {

/// The bytes of a chunk: a function of where they belong, so that nobody needs to keep them.
[[nodiscard]] std::string content_of(std::uint64_t key, std::uint64_t begin, std::uint64_t end);

/// What was told about one chunk, and therefore holds.
struct chunk_record {
  std::uint64_t length{0};
  std::uint64_t sent{0};    ///< the most that any request has carried: no honest offset is larger
  std::uint64_t floor{0};   ///< told; no later answer may say less
  std::uint64_t sealed{0};  ///< of it, what survives a crash of the machine whatever the level
  bool created{false};      ///< told
  bool created_sealed{false};
  bool deferred{false};       ///< its length is told with the last bytes
  std::uint32_t removals{0};  ///< begun or ended: what was asked before is told about something else
  bool unsettled{false};      ///< its removal failed, and may be found done at the next start: until then nothing holds
};

struct session_record {
  std::string id{};
  std::uint64_t key{0};
  std::uint32_t total{0};
  bool plain{false};  ///< a plain tus upload: one chunk, its address told by the server
  std::vector<chunk_record> chunks{};
  bool cancel_begun{false};
  bool cancelled{false};  ///< told
  bool assembled{false};  ///< told
  std::string name{};     ///< what it is to be called, if anything
  bool named{false};      ///< told
  bool done{false};       ///< its client has what it wanted
  bool left{false};       ///< everything was promised, and from then on nobody asks for it
  bool expired{false};    ///< told, and its time had come
  /// When the last request was asked that an answer says has brought something: its time counts from then or later.
  steady_time moved_at{};
  steady_time moved_sealed_at{};  ///< of it, what survives a crash of the machine
  steady_time cancel_began{};
  bool excused{false};  ///< a lying disk has taken of it what nobody can give back

  [[nodiscard]] std::uint64_t bytes() const noexcept;
  [[nodiscard]] std::string content() const;
  [[nodiscard]] std::uint64_t chunk_key(std::uint32_t index) const noexcept { return key * 1'000'003U + index; }
};

/// What must be true of an answer, as it was when its question was asked.
struct expectation {
  session_record* session{nullptr};
  chunk_record* chunk{nullptr};
  std::uint64_t floor{0};
  bool created{false};
  std::uint32_t removals{0};
  bool cancelled{false};
  bool assembled{false};
  bool named{false};
  std::uint32_t crashes{0};
  steady_time asked_at{};
};

/// Everything that any answer promised, in one place, and the rules for what becomes of it.
class ledger {
 public:
  ledger(world& in, const plan& of) : world_(in), plan_(of) {}

  std::vector<session_record> sessions{};  ///< all made before the first request
  std::uint64_t requests{0};

  [[nodiscard]] expectation expect(session_record& session, chunk_record* chunk = nullptr);
  /// A tombstone stays for as long as an unfinished session does.
  [[nodiscard]] bool may_be_forgotten(const session_record& one) const noexcept;
  /// What was true then still has to be: no crash, removal or lying disk has come between.
  [[nodiscard]] bool applies(const expectation& then) const noexcept;
  /// An answer said that so many bytes of the chunk are there.
  void told_offset(const expectation& then, std::uint64_t offset, std::string_view by);
  /// An answer said that the session or the chunk is not there (404), or gone (410).
  void told_absent(const expectation& then, int status, std::string_view by);
  void told_assembled(const expectation& then);
  /// An answer said that the session has its name.
  void told_named(const expectation& then);
  /// A status said what the session is called.
  void told_name(const expectation& then, std::string_view name);
  void told_cancelled(session_record& session);
  /// A success about a session whose removal was told before the question was asked.
  void told_success(const expectation& then, std::string_view by);
  void told_recording(const expectation& then, std::string_view bytes);
  /// The bytes of a recording from `from` on.
  void told_part(const expectation& then, std::string_view bytes, std::uint64_t from);

  void removal_begins(chunk_record& chunk);
  void removal_ends(chunk_record& chunk);
  /// The disk refused, which does not say that the fact is not there.
  void removal_failed(chunk_record& chunk) noexcept { chunk.unsettled = true; }
  /// What the facts say from here on is so.
  void server_starts() noexcept;
  /// The server has ended by itself, with everything sealed.
  void stopped_cleanly();
  /// What no level promised is gone.
  void machine_crashed();
  /// A sync or a write of facts has failed, and the server knows it: bytes that only the kernel has may fall back, now
  /// and at the next start.
  void only_vouched_holds();
  void disk_lied() noexcept { lied_ = true; }

 private:
  [[nodiscard]] std::string name_of(const expectation& then) const;
  [[nodiscard]] bool may_have_expired(const session_record& one) const noexcept;
  /// At this level a crash of the machine takes nothing of it.
  [[nodiscard]] bool is_promised(const chunk_record& chunk) const noexcept;
  void fall_back(chunk_record& chunk) const noexcept;

  world& world_;
  const plan& plan_;
  std::uint32_t crashes_{0};
  bool lied_{false};
};

}  // namespace wf::sim
