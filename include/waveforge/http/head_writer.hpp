#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/http/status.hpp"

namespace wf::http {

/// Writes a response head, either into a caller's buffer (nothing is allocated) or onto the end of a caller's string.
/// Both are borrowed until the writer is gone. Failures are remembered and reported once, by `finish`.
///
///   head_writer writer{buffer};
///   writer.begin(status::no_content).field("Date", now).field("Upload-Offset", offset_bytes);
///   const auto head = writer.no_body().connection(keep_alive, version_minor).finish();
class head_writer {
 public:
  explicit head_writer(std::span<char> out) noexcept : out_{out} {}
  explicit head_writer(std::string& out) noexcept : grown_{&out}, grown_from_{out.size()} {}

  /// Status line; always HTTP/1.1, whatever the request said (RFC 9110 2.5).
  head_writer& begin(status code) noexcept;

  /// A name that is no token, or a value with CR, LF, NUL or another control character, is refused: the head fails as a
  /// whole, because half an answer would be another answer.
  head_writer& field(std::string_view name, std::string_view value) noexcept;
  head_writer& field(std::string_view name, std::uint64_t value) noexcept;

  /// Exactly one of these, before `finish`. For an answer to HEAD, `content_length` of what GET would have sent, or
  /// `no_body`.
  head_writer& content_length(std::uint64_t bytes) noexcept;
  head_writer& chunked() noexcept;
  /// Nothing follows. Writes `Content-Length: 0`, except where a status forbids it (1xx, 204, 304).
  head_writer& no_body() noexcept;
  /// A body that ends with the connection (HTTP/1.0 without a known length). `connection(false, …)` must follow.
  head_writer& until_close() noexcept { return *this; }

  /// `Connection: close` or, for an HTTP/1.0 client that asked for it, `Connection: keep-alive`; else nothing.
  head_writer& connection(bool keep_alive, unsigned request_version_minor) noexcept;

  /// The empty line. Out: the bytes of this head, in the buffer or at the end of the string. Errors: internal, when the
  /// buffer was too small or a field was refused; a string is then as it was before the writer.
  [[nodiscard]] result<std::string_view> finish();

 private:
  void put(std::string_view text) noexcept;

  std::span<char> out_{};
  std::size_t used_{0};
  std::string* grown_{nullptr};
  std::size_t grown_from_{0};
  status code_{status::ok};
  bool overflow_{false};
  bool bad_field_{false};
};

/// "HTTP/1.1 100 Continue\r\n\r\n"
inline constexpr std::string_view continue_head{"HTTP/1.1 100 Continue\r\n\r\n"};

}  // namespace wf::http
