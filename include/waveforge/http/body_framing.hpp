#pragma once

#include <cstdint>
#include <tl/expected.hpp>

#include "waveforge/http/refusal.hpp"
#include "waveforge/http/request_head.hpp"

namespace wf::http {

enum class body_kind : std::uint8_t { none, length, chunked };

/// How much follows a head and what becomes of the connection (RFC 9112 6.3, 9.3; RFC 9110 10.1.1).
struct body_framing {
  body_kind kind{body_kind::none};
  std::uint64_t length_bytes{0};  ///< for `length`; `Content-Length: 0` is `none`
  bool keep_alive{true};          ///< what the client is ready for; we may still close
  bool expects_continue{false};   ///< HTTP/1.1 and a body: it waits for 100 before sending

  friend bool operator==(const body_framing&, const body_framing&) = default;
};

/// Judges Transfer-Encoding, Content-Length, Connection and Expect of a complete head.
/// Errors: 400 for Transfer-Encoding with Content-Length, in HTTP/1.0, or with `chunked` repeated, not final or with
/// parameters; for more than one Content-Length, equal or not, or one that is not 1*DIGIT below 2^63. 501 for another
/// coding before a final `chunked`. 417 for an Expect that is not `100-continue`.
[[nodiscard]] tl::expected<body_framing, refusal> judge_framing(const request_head& head) noexcept;

}  // namespace wf::http
