#pragma once

#include <memory>

#include "waveforge/store/body_transfer.hpp"
#include "waveforge/store/store.hpp"
#include "waveforge/store/store_core.hpp"

namespace wf::store {

/// The right to append to one chunk of a file_store.
class file_writer final : public writer {
 public:
  /// `mine` is registered as the chunk's writer already; null: nothing can be appended (past ingest).
  file_writer(store_core& core, session_hold held, std::uint32_t index, std::shared_ptr<active_writer> mine);
  ~file_writer() override;
  file_writer(const file_writer&) = delete;
  file_writer& operator=(const file_writer&) = delete;

  [[nodiscard]] const chunk_view& chunk() const noexcept override { return view_; }
  [[nodiscard]] io::task<result<chunk_view>> append(io::worker& on, io::body_source& body,
                                                    const append_options& with) override;

 private:
  [[nodiscard]] io::task<result<chunk_view>> append_now(io::worker& on, io::body_source& body, append_options with);
  /// `now`: the chunk as it was when the body began.
  [[nodiscard]] io::task<result<void>> receive(io::worker& on, io::body_source& body, const append_options& with,
                                               const session::chunk& now);
  [[nodiscard]] io::task<result<void>> compare_held(io::worker& on, io::body_source& body, open_file& file,
                                                    std::uint64_t base);
  [[nodiscard]] result<session::chunk> begin(io::body_source& body, const append_options& with);
  void end() noexcept;
  void count_landed(std::uint64_t bytes, bool visible);
  /// False: the chunk is gone.
  bool refresh_view();

  store_core& core_;
  session_hold held_;
  std::uint32_t index_;
  std::shared_ptr<active_writer> mine_;
  std::shared_ptr<open_file> file_;
  chunk_view view_;
  std::uint64_t hidden_bytes_{0};  ///< landed, but not counted until the check said yes
};

}  // namespace wf::store
