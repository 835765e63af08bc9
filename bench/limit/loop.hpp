#pragma once

#include <liburing.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "request.hpp"
#include "segment.hpp"

namespace limit {

enum class way : std::uint8_t { sink, buffered, splice, direct };

struct loop_options {
  way how{way::sink};
  bool sync_chunks{false};
  std::uint16_t port{0};
  std::string directory{};
};

/// One thread, one ring, connections as state machines. A body is waited for with SO_RCVLOWAT, so that one wake-up
/// serves a whole piece; then it is received, or spliced, without waiting.
class loop {
 public:
  explicit loop(loop_options with);
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// Serves until the process is ended.
  [[noreturn]] void run();

 private:
  enum class event : std::uint8_t { accepted, head, readable, written, synced, writable };

  static constexpr std::size_t head_bytes_max = 16U << 10U;
  static constexpr std::size_t piece_bytes = 512U << 10U;
  static constexpr unsigned buffers_max = 64;

  struct connection {
    int socket{-1};
    std::array<char, head_bytes_max> head{};
    std::size_t held{0};       ///< bytes in `head`
    std::size_t body_held{0};  ///< of them, the body's, at the end
    int low_water{1};
    segment* into{nullptr};
    std::uint64_t chunk{0};
    std::uint64_t at{0};      ///< place in the segment of the next byte
    std::uint64_t rest{0};    ///< body bytes that have not been received
    std::uint64_t begin{0};   ///< place of the body's first byte
    std::uint64_t offset{0};  ///< of the body's first byte in its chunk
    int buffer{-1};
    std::uint64_t writing{0};  ///< bytes of the direct write under way
    int file{-1};              ///< being sent
    std::uint64_t file_at{0};
    std::uint64_t file_end{0};
  };

  // loop.cpp: the conversation
  io_uring_sqe* entry(std::uint32_t index, event what);
  void accept_more();
  void on_event(std::uint32_t index, event what, int result, std::uint32_t flags);
  void on_head(std::uint32_t index, int result);
  void serve(std::uint32_t index, const request& asked);
  void wait_for_head(std::uint32_t index);
  void answer(std::uint32_t index, const std::string& text);
  void send_file(std::uint32_t index);
  void close(std::uint32_t index);
  void low_water(connection& one, int bytes) const;

  // loop_body.cpp: the ways
  void begin_body(std::uint32_t index);
  void wait_for_body(std::uint32_t index);
  void on_readable(std::uint32_t index);
  void after_piece(std::uint32_t index);
  void take_buffered(connection& one);
  void take_spliced(connection& one);
  void take_direct(std::uint32_t index);
  void on_written(std::uint32_t index, int result);
  void discard(connection& one);
  void write_plain(connection& one, const char* bytes, std::size_t size);
  void body_done(std::uint32_t index);
  void tell_offset(std::uint32_t index);

  loop_options with_;
  segments files_;
  io_uring ring_{};
  int listener_{-1};
  int pipe_[2]{-1, -1};
  char* memory_{nullptr};  ///< the pool; its first buffer is the hot one of the buffered way
  std::vector<int> free_buffers_;
  std::deque<std::uint32_t> wait_for_buffer_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::vector<std::uint32_t> free_connections_;
};

}  // namespace limit
