#pragma once

#include "support/memory_store.hpp"

namespace wf::test {

/// The right to append to one chunk of the model.
class memory_store::chunk_writer final : public wf::store::writer {
 public:
  chunk_writer(memory_store& in, session::session_id id, chunk_index index);
  ~chunk_writer() override;
  chunk_writer(const chunk_writer&) = delete;
  chunk_writer& operator=(const chunk_writer&) = delete;

  [[nodiscard]] const wf::store::chunk_view& chunk() const noexcept override { return view_; }
  [[nodiscard]] io::task<result<wf::store::chunk_view>> append(io::worker& on, io::body_source& body,
                                                               const wf::store::append_options& with) override;
  /// A later request took over.
  void displace() noexcept;

 private:
  [[nodiscard]] result<void> take(std::span<const std::byte> bytes, const wf::store::append_options& with);

  memory_store& in_;
  session::session_id id_;
  chunk_index index_;
  wf::store::chunk_view view_{};
  io::body_source* body_{nullptr};
  std::string held_back_{};  ///< bytes that count only when the check says yes
  std::uint64_t seen_bytes_{0};
  bool displaced_{false};
};

}  // namespace wf::test
