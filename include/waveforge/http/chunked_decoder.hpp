#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "waveforge/base/limits.hpp"
#include "waveforge/http/fields.hpp"
#include "waveforge/http/head_parser.hpp"
#include "waveforge/http/refusal.hpp"

namespace wf::http {

/// Takes the chunked coding off a body (RFC 9112 7.1), incrementally; the outcome does not depend on how the bytes were
/// split. Strict about sizes, CRLFs and the grammar of extensions (which are then ignored). Allocates only for
/// trailers.
///
/// Bounds: `limits::chunk_size_line_bytes_max` for one size line, `limits::trailer_bytes_max` and 16 fields for the
/// trailers, and framing may not outweigh data: a body of which, after 64 KiB of framing, less than a quarter is data,
/// is refused (it costs us more than it brings). Errors: 400 for all but the trailer bounds, which are 431.
class chunked_decoder {
 public:
  struct step {
    std::size_t consumed_bytes{0};      ///< of the input; on `done` what follows is the next request
    std::span<const std::byte> data{};  ///< payload, a part of the input; may be empty
    progress state{progress::more};
  };
  struct in_place {
    std::size_t data_bytes{0};      ///< payload, now at the front of the buffer
    std::size_t consumed_bytes{0};  ///< of the input; bytes from here on are untouched
    progress state{progress::more};
  };

  /// Reads up to and including the next run of payload. Nothing is copied. Call again with the rest of the input until
  /// `consumed_bytes` is its size or the state is not `more`.
  [[nodiscard]] step next(std::span<const std::byte> input) noexcept;

  /// Reads as much as there is and moves the payload together at the front of `buffer`.
  [[nodiscard]] in_place decode(std::span<std::byte> buffer) noexcept;

  /// Payload bytes still to come of the chunk being read; 0 between chunks.
  [[nodiscard]] std::uint64_t chunk_left_bytes() const noexcept { return left_bytes_; }
  [[nodiscard]] std::uint64_t data_bytes() const noexcept { return data_bytes_; }

  /// Trailer fields, valid after `done` while the decoder is not moved or reset.
  [[nodiscard]] field_list trailers() const noexcept {
    return {trailer_text_.data(), {slices_.data(), trailer_count_}};
  }

  [[nodiscard]] const refusal& why() const noexcept { return why_; }

 private:
  enum class stage : std::uint8_t {
    size_first,
    size_more,
    before_extension,  // BWS after the size or after a value: ";" must follow
    extension_name_first,
    extension_name,
    after_name,  // BWS after a name: "=" or ";" must follow
    extension_value_first,
    extension_token,
    extension_quoted,
    extension_escape,
    after_quoted,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_first,
    trailer_line,
    trailer_lf,
    end_lf,
    done,
    refused
  };

  [[nodiscard]] bool take(char c) noexcept;
  [[nodiscard]] bool take_size(char c) noexcept;
  [[nodiscard]] bool take_extension(char c) noexcept;
  [[nodiscard]] bool take_trailer(char c) noexcept;
  [[nodiscard]] bool size_complete() noexcept;
  [[nodiscard]] bool trailer_complete() noexcept;
  bool refuse(std::string_view detail, status code = status::bad_request) noexcept;

  static constexpr std::size_t trailers_max = 16;

  stage stage_{stage::size_first};
  std::uint32_t line_bytes_{0};
  std::uint64_t left_bytes_{0};
  std::uint64_t data_bytes_{0};
  std::uint64_t framing_bytes_{0};
  std::string trailer_text_{};
  std::uint32_t trailer_line_at_{0};
  std::uint32_t trailer_count_{0};
  std::array<field_slice, trailers_max> slices_{};
  refusal why_{};
};

}  // namespace wf::http
