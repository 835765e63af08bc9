#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waveforge/base/result.hpp"

namespace wf::load {

/// Reads one HTTP/1.1 answer from pieces of any size: status line, fields, and a body by Content-Length, in chunks or
/// until the connection closes. Interim answers (1xx) are passed over and counted. Strict where a lenient reader would
/// hide a mistake of the server: bare LF, two lengths, length and coding together, a body where none may be.
/// Independent of the server's own parser on purpose. Not thread-safe.
class answer_reader {
 public:
  using body_sink = std::function<void(std::span<const std::byte>)>;

  /// Forgets the last answer. `to_head`: the request was HEAD, so a length announces nothing.
  void expect(bool to_head);

  /// Takes bytes up to the end of the answer and hands body bytes to `sink` as they come. Returns how many were taken;
  /// all of them unless complete(). Errors: bad_request, the answer is malformed.
  [[nodiscard]] result<std::size_t> feed(std::span<const std::byte> bytes, const body_sink& sink);

  /// The peer closed. Fine when complete, or when the body ends that way. Errors: peer_gone, cut in the middle.
  [[nodiscard]] result<void> end();

  [[nodiscard]] bool complete() const noexcept { return where_ == place::done; }
  /// Nothing of an answer was read yet.
  [[nodiscard]] bool untouched() const noexcept { return where_ == place::head && line_.empty() && interim_ == 0; }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] int interim() const noexcept { return interim_; }
  /// The connection ends after this answer.
  [[nodiscard]] bool closes() const noexcept { return closes_; }
  /// First field of this name, in any case; views into the reader.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept;
  /// Content of a field that is a plain decimal number; nothing if it is absent or anything else.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const noexcept;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const noexcept { return fields_; }

 private:
  enum class place : std::uint8_t { head, body_length, body_to_end, chunk_size, chunk_data, chunk_end, trailer, done };

  [[nodiscard]] result<std::size_t> take_line(std::span<const std::byte> bytes, bool& whole);
  [[nodiscard]] result<void> on_line();
  [[nodiscard]] result<void> on_status_line();
  [[nodiscard]] result<void> on_field_line();
  [[nodiscard]] result<void> on_head_end();
  [[nodiscard]] result<void> on_chunk_size();
  void start_over();

  place where_{place::head};
  bool to_head_{false};
  bool closes_{false};
  int status_{0};
  int interim_{0};
  std::uint64_t left_{0};
  std::size_t head_bytes_{0};
  std::string line_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace wf::load
