#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "support/sim/client.hpp"
#include "support/sim/ledger.hpp"

namespace wf::sim {

/// The clients of a history: recorders that bring a session home whatever it takes, and visitors who look on, repeat,
/// displace and go away. Everything they hear goes into the ledger.
class workload {
 public:
  workload(machine& of, ledger& book, const plan& set);

  /// Draw the sessions and set everybody to work.
  void begin();
  /// Everybody has ended.
  [[nodiscard]] bool done() const noexcept;
  [[nodiscard]] std::string who_is_left() const;
  /// One more look at every session, after everything.
  void begin_audit();
  /// Told before each request, with the number of those before it.
  unique_function<void(std::uint64_t)> on_request{};

 private:
  struct actor {
    std::string name;
    script<void> work;
  };
  struct upload_state {
    session_record* session{nullptr};
    bool chunk_size_told{true};
    std::uint32_t total_told_from{0};  ///< chunks from this index on say totalChunks
    bool explicit_assembly{false};
    bool to_be_named{false};
    bool to_be_cancelled{false};
    bool abandoned{false};  ///< nobody comes back for its second half
    bool leaves{false};     ///< its recorder does not wait for the recording
    unsigned lanes_left{0};
  };
  using answer = std::optional<heard>;

  void draw_sessions();
  void add(std::string name, script<void> work);
  [[nodiscard]] script<answer> ask(client& by, question what);
  [[nodiscard]] script<void> back_off(unsigned attempt);
  /// Complain about a status that no circumstance explains.
  void judge_status(const heard& said, std::string_view by);
  [[nodiscard]] bool given_up(const session_record& of) const noexcept;

  // recorder.cpp
  [[nodiscard]] script<void> record_lane(upload_state& of, unsigned lane);
  [[nodiscard]] script<void> upload_chunk(client& by, upload_state& of, std::uint32_t index);
  [[nodiscard]] script<bool> create(client& by, upload_state& of, std::uint32_t index,
                                    std::optional<std::uint64_t>& at);
  [[nodiscard]] script<void> patch(client& by, session_record& of, std::uint32_t index,
                                   std::optional<std::uint64_t>& at);
  [[nodiscard]] script<void> head(client& by, session_record& of, std::uint32_t index,
                                  std::optional<std::uint64_t>& at);
  [[nodiscard]] script<bool> fall_back(client& by, upload_state& of, std::uint32_t index);
  [[nodiscard]] script<void> remove_chunk(client& by, session_record& of, std::uint32_t index);
  // finisher.cpp
  [[nodiscard]] script<void> finish(client& by, upload_state& of);
  [[nodiscard]] script<void> cancel(client& by, session_record& of);
  /// Whether everything is promised, so that nobody needs to come back.
  [[nodiscard]] script<bool> leave(client& by, upload_state& of);
  /// Whether it is promised.
  [[nodiscard]] script<bool> ask_to_assemble(client& by, upload_state& of);
  [[nodiscard]] script<void> status(client& by, session_record& of);
  [[nodiscard]] script<bool> fetch(client& by, session_record& of);
  [[nodiscard]] script<void> fetch_part(client& by, session_record& of);
  [[nodiscard]] script<void> audit(session_record& of);
  /// Whether the session is gone, or rightly stays.
  [[nodiscard]] script<bool> look_for_expiry(client& by, session_record& of);
  // plain.cpp
  [[nodiscard]] script<void> plain_upload(upload_state& of);
  // visitor.cpp
  [[nodiscard]] script<void> visit();
  [[nodiscard]] script<void> listen_to_events(client& by, session_record& of);

  [[nodiscard]] question creation_of(const upload_state& of, std::uint32_t index) const;
  [[nodiscard]] std::string address(const session_record& of, std::uint32_t index) const;

  machine& machine_;
  world& all_;
  ledger& book_;
  const plan& plan_;
  std::vector<std::unique_ptr<upload_state>> uploads_;
  std::list<actor> actors_;
};

/// An Upload-Checksum field: crc32 of the body, or of another one.
[[nodiscard]] std::string checksum_of(std::string_view body, bool right);
/// Base64 of RFC 4648 4.
[[nodiscard]] std::string base64(std::string_view text);

}  // namespace wf::sim
