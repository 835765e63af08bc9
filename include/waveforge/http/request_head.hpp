#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "waveforge/base/limits.hpp"
#include "waveforge/http/fields.hpp"
#include "waveforge/http/method.hpp"

namespace wf::http {

/// RFC 9112 3.2. authority-form belongs to CONNECT and is refused.
enum class target_form : std::uint8_t { origin, absolute, asterisk };

/// A request line and its fields. Written by `head_parser`, read by everyone else.
/// It stores distances, not pointers: the accessors return views into the buffer the head was parsed from, valid while
/// that buffer stays and is not overwritten. When the buffer moves, call `rebase`. About 850 bytes; copying is allowed.
class request_head {
 public:
  [[nodiscard]] method verb() const noexcept { return verb_; }
  [[nodiscard]] std::string_view verb_text() const noexcept { return view(verb_text_); }
  [[nodiscard]] target_form form() const noexcept { return form_; }

  /// As sent, percent-encoded, without the query; "/" for an absolute-form without a path, "*" for OPTIONS *.
  [[nodiscard]] std::string_view path() const noexcept {
    return path_.bytes != 0 ? view(path_) : std::string_view{"/"};
  }
  /// What follows the first "?", as sent; empty without one.
  [[nodiscard]] std::string_view query() const noexcept { return view(query_); }

  /// Host and port the client asked for: from an absolute-form target, else from Host. Valid by RFC 3986 3.2.2 and
  /// without user information. Empty when Host is empty, or when an HTTP/1.0 request has none.
  [[nodiscard]] std::string_view authority() const noexcept { return view(authority_); }

  /// 0 or 1. A higher minor version is treated as 1 (RFC 9110 2.5).
  [[nodiscard]] unsigned version_minor() const noexcept { return version_minor_; }

  [[nodiscard]] field_list fields() const noexcept { return {text_, {slices_.data(), field_count_}}; }

  /// From the first byte of the buffer to the one after the empty line: where the body, or the next request, begins.
  [[nodiscard]] std::uint32_t length_bytes() const noexcept { return length_bytes_; }

  /// The same bytes are now at `text`.
  void rebase(const char* text) noexcept { text_ = text; }

 private:
  friend class head_parser;
  struct slice {
    std::uint16_t at{0};
    std::uint16_t bytes{0};
  };
  [[nodiscard]] std::string_view view(slice where) const noexcept { return {text_ + where.at, where.bytes}; }

  const char* text_{""};
  std::uint32_t length_bytes_{0};
  slice verb_text_{};
  slice path_{};
  slice query_{};
  slice authority_{};
  method verb_{method::get};
  target_form form_{target_form::origin};
  std::uint8_t version_minor_{1};
  std::uint32_t field_count_{0};
  std::array<field_slice, limits::fields_max> slices_;
};

static_assert(limits::head_bytes_max <= 0xffff, "distances are 16 bits wide");

}  // namespace wf::http
