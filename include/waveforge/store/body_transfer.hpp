#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "waveforge/io/body_source.hpp"
#include "waveforge/io/worker.hpp"
#include "waveforge/store/open_file.hpp"
#include "waveforge/store/options.hpp"
#include "waveforge/store/requests.hpp"
#include "waveforge/store/session_files.hpp"
#include "waveforge/store/write_policy.hpp"

namespace wf::store {

/// Brings one body into one file, from `position` on, at most up to `end`. Bytes that landed are told to `landed` piece
/// by piece, in order and without gaps, also when the transfer then fails. No buffer and no pipe is held while waiting
/// for the peer. One use.
class body_transfer {
 public:
  struct target {
    session_files* files{nullptr};
    std::shared_ptr<open_file> file{};
    bool segment{false};
    std::uint64_t position_bytes{0};  ///< in the file
    std::uint64_t end_bytes{0};       ///< in the file; nothing is written at or past it
    std::uint64_t bound_bytes{0};     ///< preallocation stays below
  };

  body_transfer(const environment& world, durability level, io::worker& on, io::body_source& body, target into,
                body_check* check, std::function<void(std::uint64_t)> landed);

  /// The whole body: too_large when it goes past `end`, else as body_source and file fail.
  [[nodiscard]] io::task<result<void>> run(way how);

 private:
  [[nodiscard]] io::task<result<void>> take_all(way how);
  /// After a failure: bytes in hand and in the socket that can be had without waiting.
  [[nodiscard]] io::task<result<void>> keep_what_is_there();
  [[nodiscard]] io::task<result<void>> buffered_piece();
  [[nodiscard]] io::task<result<void>> in_hand_piece();
  [[nodiscard]] io::task<result<void>> splice_piece();
  /// False: a whole block cannot be had; go on buffered.
  [[nodiscard]] io::task<result<bool>> direct_piece();
  [[nodiscard]] io::task<result<void>> write(std::span<const std::byte> bytes, std::shared_ptr<void> owner);
  [[nodiscard]] io::task<result<io::buffer_lease>> lease();
  [[nodiscard]] std::uint64_t room() const noexcept { return into_.end_bytes - into_.position_bytes; }
  /// How much is still to come and has room.
  [[nodiscard]] std::uint64_t rest() const noexcept;
  void advance(std::uint64_t bytes, counter which);

  environment world_;
  durability level_;
  io::worker& on_;
  io::body_source& body_;
  target into_;
  body_check* check_;
  std::function<void(std::uint64_t)> landed_;
  bool file_failed_{false};  ///< bytes were taken that did not land: nothing behind them may
};

/// Compare the first `length` bytes of the body with the file from `offset` on, consuming them: content_conflict when
/// they differ. A body that ends earlier is compared as far as it goes; `compared`: how far that was.
[[nodiscard]] io::task<result<void>> compare_with_file(io::worker& on, io::body_source& body, open_file& file,
                                                       std::uint64_t offset, std::uint64_t length,
                                                       std::uint64_t* compared = nullptr);
/// Whether nothing is left of a body that does not say its length: it must be read to be known.
[[nodiscard]] io::task<result<bool>> ends_here(io::body_source& body);

}  // namespace wf::store
