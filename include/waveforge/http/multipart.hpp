#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/http/content_disposition.hpp"
#include "waveforge/http/refusal.hpp"

namespace wf::http {

/// Takes a `multipart/form-data` body apart (RFC 7578, RFC 2046 5.1) while it arrives. The sequence of parts and the
/// bytes of each do not depend on how the body was split. Memory is bounded: headers of one part
/// `limits::part_head_bytes_max`, parts `limits::form_fields_max`, preamble and epilogue one
/// `part_head_bytes_max` each; part bodies are not held.
class multipart_parser {
 public:
  enum class event : std::uint8_t {
    more,        ///< all input consumed
    part_begin,  ///< `part()` describes what follows
    part_data,   ///< `data`, never empty
    part_end,
    finished,  ///< closing delimiter seen; the rest of the body is an epilogue, to be read and dropped
    refused,   ///< see `why()`
  };
  struct part_head {
    form_disposition disposition{};
    std::string content_type{};  ///< empty when not given
  };
  struct step {
    event what{event::more};
    std::size_t consumed_bytes{0};
    /// A part of the input or, when bytes that looked like a delimiter were not one, of the parser: valid until the
    /// next call.
    std::span<const std::byte> data{};
  };

  /// In: the Content-Type of the request; not retained. Errors: unsupported_media when it is not multipart/form-data;
  /// bad_request when its boundary is missing or not 1 … 70 bchars (RFC 2046 5.1.1).
  [[nodiscard]] static result<multipart_parser> for_content_type(std::string_view content_type);

  /// Call again with the rest of the input after every event but `more`, `finished` and `refused`.
  [[nodiscard]] step next(std::span<const std::byte> input);

  /// The body has ended. Returns nullopt when the closing delimiter was there, else why the form is not whole.
  [[nodiscard]] std::optional<refusal> end_of_body() const noexcept;

  [[nodiscard]] const part_head& part() const noexcept { return part_; }
  [[nodiscard]] const refusal& why() const noexcept { return why_; }

 private:
  enum class stage : std::uint8_t {
    preamble,
    after_delimiter,
    after_dash,
    padding,
    delimiter_lf,
    headers,
    data,
    finished,
    refused
  };

  explicit multipart_parser(std::string delimiter) : delimiter_{std::move(delimiter)} {}
  [[nodiscard]] step search(std::span<const std::byte> input);
  [[nodiscard]] step resume_match(std::span<const std::byte> input);
  [[nodiscard]] step delimiter_found(std::size_t consumed_bytes) noexcept;
  [[nodiscard]] step pass(std::span<const std::byte> data, std::size_t consumed_bytes);
  [[nodiscard]] step read_after_delimiter(std::span<const std::byte> input);
  [[nodiscard]] step read_headers(std::span<const std::byte> input);
  [[nodiscard]] bool take_part_head();
  [[nodiscard]] step drop_epilogue(std::span<const std::byte> input);
  [[nodiscard]] step refuse(std::string_view detail, status code = status::bad_request);

  std::string delimiter_;  ///< CRLF "--" boundary
  std::size_t matched_{
      2};  ///< bytes of the delimiter seen at the end of the input before; a body starts as if a CRLF came before it
  std::size_t unsent_{0};  ///< bytes of a broken match to be handed out as data first
  std::size_t section_bytes_{0};
  std::size_t part_count_{0};
  stage stage_{stage::preamble};
  std::string head_text_{};
  part_head part_{};
  refusal why_{};
};

}  // namespace wf::http
