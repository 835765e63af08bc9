#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "waveforge/io/notifier.hpp"
#include "waveforge/store/store.hpp"

namespace wf::test {

/// The store as a small model in memory: every rule of store.hpp, nothing durable. What it does not have is layout,
/// recovery and waiting for a disk. One thread, one ring; `time` must be the clock of that ring.
class memory_store final : public store::store {
 public:
  explicit memory_store(const clock& time) noexcept : time_{time} {}

  // How it behaves; change at will between requests.
  wf::store::capabilities abilities{};
  std::optional<std::chrono::milliseconds> expire_after{std::chrono::hours{24 * 7}};
  bool assemble_at_once{true};                ///< false: sessions stay `assembling` until finish_assembly()
  std::optional<std::uint64_t> room_bytes{};  ///< bytes that still fit; past it appends and creations are no_space
  std::optional<error> not_ready{};
  std::optional<error> fail_appends{};  ///< after the body was read to its end

  void finish_assembly(const session::session_id& id);
  void damage(const session::session_id& id, std::string why);
  void expire(const session::session_id& id);
  void forget() { sessions_.clear(); }
  [[nodiscard]] bool knows(const session::session_id& id) const { return sessions_.contains(id); }
  [[nodiscard]] std::string bytes_of(const session::session_id& id, std::uint32_t index) const;
  [[nodiscard]] std::string recording_of(const session::session_id& id) const;
  /// How many files came before their place was known.
  [[nodiscard]] std::size_t bodies_held() const noexcept { return bodies_held_; }

  [[nodiscard]] wf::store::capabilities can() const noexcept override { return abilities; }
  [[nodiscard]] io::task<result<wf::store::created_chunk>> create(const wf::store::create_request& request) override;
  [[nodiscard]] io::task<result<std::unique_ptr<wf::store::writer>>> write(const session::session_id& id,
                                                                           chunk_index index) override;
  [[nodiscard]] io::task<result<wf::store::chunk_view>> settle(const session::session_id& id,
                                                               chunk_index index) override;
  [[nodiscard]] io::task<result<wf::store::chunk_view>> replace(io::worker& on,
                                                                const wf::store::create_request& request,
                                                                io::body_source& body) override;
  [[nodiscard]] io::task<result<std::unique_ptr<io::body_source>>> hold(io::worker& on, io::body_source& body,
                                                                        std::uint64_t bytes_max) override;
  [[nodiscard]] io::task<result<void>> remove_chunk(const session::session_id& id, chunk_index index) override;
  [[nodiscard]] io::task<result<wf::store::session_view>> status(const session::session_id& id) override;
  [[nodiscard]] io::task<result<wf::store::session_view>> wait_for_change(const session::session_id& id,
                                                                          std::uint64_t seen,
                                                                          io::deadline until) override;
  [[nodiscard]] io::task<result<wf::store::session_view>> assemble(const wf::store::assemble_request& request) override;
  [[nodiscard]] io::task<result<wf::store::recording_handle>> open_recording(const session::session_id& id) override;
  [[nodiscard]] io::task<result<void>> remove(const session::session_id& id) override;
  [[nodiscard]] io::task<result<wf::store::created_chunk>> concatenate(
      const wf::store::concatenate_request& request) override;
  [[nodiscard]] io::task<result<wf::store::session_page>> list(std::string after, std::uint32_t count_max) override;
  [[nodiscard]] result<void> ready() const override;

 private:
  class chunk_writer;
  struct chunk {
    std::optional<std::uint64_t> length_bytes{};
    std::uint64_t length_bytes_max{0};
    std::string bytes{};
    std::string metadata{};
    std::string concat{};
    chunk_writer* holder{nullptr};
    [[nodiscard]] bool complete() const noexcept { return length_bytes == bytes.size(); }
  };
  struct session_record {
    session::state now{session::state::open};
    std::uint64_t version{1};
    std::map<std::uint32_t, chunk> chunks{};
    wf::store::recording_hints hints{};
    std::string concat{};
    std::string late_metadata{};
    std::string failure{};
    std::optional<std::string> recording{};
    utc_time created_at{};
    utc_time touched_at{};
  };
  using records = std::map<session::session_id, session_record>;

  [[nodiscard]] result<session_record*> find(const session::session_id& id);
  [[nodiscard]] result<chunk*> find_chunk(const session::session_id& id, chunk_index index);
  [[nodiscard]] result<void> take_hints(session_record& in, const wf::store::recording_hints& told,
                                        std::optional<std::uint32_t> index);
  [[nodiscard]] result<wf::store::created_chunk> create_now(const wf::store::create_request& request);
  [[nodiscard]] static io::task<result<std::string>> read_all(io::body_source& body, std::uint64_t bytes_max);
  [[nodiscard]] io::task<result<void>> displace(session::session_id id, chunk_index index);
  [[nodiscard]] std::optional<utc_time> expiry_of(const session_record& in) const;
  [[nodiscard]] wf::store::chunk_view view_of(const session_record& in, std::uint32_t index) const;
  [[nodiscard]] wf::store::session_view view_of(const session::session_id& id, const session_record& in) const;
  void changed(session_record& in);
  void assemble_if_ready(session_record& in);
  static void finish(session_record& in);
  [[nodiscard]] bool take_room(std::uint64_t bytes);

  const clock& time_;
  records sessions_{};
  io::notifier changed_{};
  std::size_t bodies_held_{0};
};

}  // namespace wf::test
