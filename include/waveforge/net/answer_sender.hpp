#pragma once

#include "waveforge/io/task_scope.hpp"
#include "waveforge/net/answer_head.hpp"
#include "waveforge/net/stream.hpp"
#include "waveforge/net/surroundings.hpp"

namespace wf::net {

/// Sends one answer. Files go from disk to socket through a pipe of the pool where the connection is plain and a pipe
/// is to be had, else through memory; streams are pulled until they end.
class answer_sender {
 public:
  answer_sender(stream& to, surroundings& around) noexcept : to_(to), around_(around) {}

  /// True: sent whole, and the connection may be kept; false: sent whole, to be closed. A failure leaves the connection
  /// in the middle of an answer.
  [[nodiscard]] io::task<result<bool>> send(api::reply answer, answer_terms terms);

  /// Drop a stream that is being sent: it ends as if it had nothing more to say. Later ones end at their first piece.
  void end_streams() noexcept;

 private:
  [[nodiscard]] io::task<result<void>> send_text(std::string text);
  [[nodiscard]] io::task<result<void>> send_file(api::file_body body);
  [[nodiscard]] io::task<result<std::uint64_t>> send_piped(const api::file_body& body);
  [[nodiscard]] io::task<result<std::uint64_t>> send_piece(io::socket& socket, const api::file_body& body,
                                                           std::uint64_t done, std::uint64_t piece_max);
  [[nodiscard]] io::task<result<void>> send_copied(api::file_body rest);
  [[nodiscard]] io::task<result<void>> send_stream(api::stream_body& body, body_framing_out framing);
  [[nodiscard]] io::task<std::string> next_piece(api::stream_body& body);

  stream& to_;
  surroundings& around_;
  io::task_scope* streaming_{nullptr};
  bool streams_end_{false};
};

}  // namespace wf::net
