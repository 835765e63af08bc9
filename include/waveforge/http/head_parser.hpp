#pragma once

#include <cstdint>
#include <string_view>

#include "waveforge/http/refusal.hpp"
#include "waveforge/http/request_head.hpp"

namespace wf::http {

/// Where an incremental parser stands after a call.
enum class progress : std::uint8_t {
  more,     ///< nothing wrong so far; call again with more bytes
  done,     ///< complete
  refused,  ///< never becomes right; see `why()`
};

/// Reads a request head (RFC 9112 2.2, 3, 5) from a buffer the caller fills. No allocation, no copy; strict: what two
/// readers might understand differently is refused. The result does not depend on how the bytes were split, and the
/// work is linear in the bytes of the head however slowly they come.
///
/// One empty line before the request line is skipped. Refused with 400: bare CR or LF, NUL and other control
/// characters, a folded line, white space before a colon, a line without a name or colon, a target that is not origin-,
/// absolute- or (OPTIONS) asterisk-form, in HTTP/1.1 a missing, repeated or invalid Host. 501: unknown method. 505:
/// another major version. 414: target over `limits::target_bytes_max`. 431: head over `limits::head_bytes_max`, or too
/// many fields.
///
/// Not thread-safe; used by one connection.
class head_parser {
 public:
  /// In: `received` - every byte of this head received so far, from its first; the same bytes as in the call before and
  /// perhaps more after them, but they may lie elsewhere now. May go on past the head (body, next request).
  /// Out: `done`: `head()` is valid and refers to `received`. After `done` or `refused` call `reset` first.
  [[nodiscard]] progress parse(std::string_view received) noexcept;

  [[nodiscard]] const request_head& head() const noexcept { return head_; }
  [[nodiscard]] request_head& head() noexcept { return head_; }
  [[nodiscard]] const refusal& why() const noexcept { return why_; }

  /// True once the first byte of a request line has been seen: a timeout is then 408, before it the peer was just idle.
  [[nodiscard]] bool started() const noexcept { return started_; }

  /// True once the request line was understood: verb, path and the fields read so far may be looked at even when the
  /// head was refused or never ended. They refer to the bytes of the last call.
  [[nodiscard]] bool knows_target() const noexcept { return knows_target_; }

  /// Ready for the next request on the same connection.
  void reset() noexcept;

  /// The same without vector instructions: what other machines run. For tests and benches.
  [[nodiscard]] progress parse_portably(std::string_view received) noexcept;

 private:
  enum class stage : std::uint8_t { start, request_line, field_lines, finished };

  struct line_marks {
    const char* verb_end{nullptr};
    const char* target_end{nullptr};  ///< nullptr: the line ends before a target does
  };

  template <typename Scan>
  [[nodiscard]] progress run(std::string_view received) noexcept;
  [[nodiscard]] progress read_start(std::string_view received) noexcept;
  template <typename Scan>
  [[nodiscard]] progress read_request_line(std::string_view received) noexcept;
  template <typename Scan>
  [[nodiscard]] bool find_marks(const char* line, const char* end, line_marks& marks) noexcept;
  [[nodiscard]] bool read_target(std::string_view target, std::uint16_t at) noexcept;
  template <typename Scan>
  [[nodiscard]] progress read_fields(std::string_view received) noexcept;
  [[nodiscard]] progress finish() noexcept;
  [[nodiscard]] progress refuse(status code, std::string_view detail) noexcept;

  request_head head_{};
  refusal why_{};
  std::uint32_t line_at_{0};  ///< first byte of the line being read
  std::uint32_t scanned_{0};  ///< bytes in which the end of that line has been looked for
  stage stage_{stage::start};
  bool started_{false};
  bool knows_target_{false};
};

}  // namespace wf::http
