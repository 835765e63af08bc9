#include "waveforge/http/chunked_decoder.hpp"

#include <algorithm>
#include <cstring>

#include "scan.hpp"
#include "waveforge/http/chars.hpp"

namespace wf::http {

namespace {

/// Framing that is forgiven before it is weighed against the data: about a thousand of our own 1 MiB chunks' worth.
constexpr std::uint64_t free_framing_bytes = 64U << 10U;
/// Sizes above this are refused before they can overflow: no body is longer than 2^60 bytes.
constexpr std::uint64_t chunk_bytes_max = std::uint64_t{1} << 60U;

}  // namespace

chunked_decoder::step chunked_decoder::next(std::span<const std::byte> input) noexcept {
  std::size_t at = 0;
  while (at < input.size() && stage_ != stage::done && stage_ != stage::refused) {
    if (stage_ == stage::data) {
      const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(left_bytes_, input.size() - at));
      left_bytes_ -= run;
      data_bytes_ += run;
      if (left_bytes_ == 0) stage_ = stage::data_cr;
      return {at + run, input.subspan(at, run), progress::more};
    }
    ++framing_bytes_;
    // A refused byte is not consumed: everything before it was understood.
    if (!take(static_cast<char>(input[at]))) break;
    ++at;
  }
  const progress state = stage_ == stage::done      ? progress::done
                         : stage_ == stage::refused ? progress::refused
                                                    : progress::more;
  return {at, {}, state};
}

chunked_decoder::in_place chunked_decoder::decode(std::span<std::byte> buffer) noexcept {
  in_place total;
  for (;;) {
    const step one = next(buffer.subspan(total.consumed_bytes));
    if (!one.data.empty()) {
      std::memmove(buffer.data() + total.data_bytes, one.data.data(), one.data.size());
      total.data_bytes += one.data.size();
    }
    total.consumed_bytes += one.consumed_bytes;
    total.state = one.state;
    if (one.state != progress::more || total.consumed_bytes == buffer.size()) return total;
  }
}

bool chunked_decoder::take(char c) noexcept {
  switch (stage_) {
    case stage::size_first:
    case stage::size_more: return take_size(c);
    case stage::before_extension:
    case stage::extension_name_first:
    case stage::extension_name:
    case stage::after_name:
    case stage::extension_value_first:
    case stage::extension_token:
    case stage::extension_quoted:
    case stage::extension_escape:
    case stage::after_quoted: return take_extension(c);
    case stage::size_lf: return c == '\n' ? size_complete() : refuse("A chunk size line must end with CRLF.");
    case stage::data_cr: stage_ = stage::data_lf; return c == '\r' || refuse("CRLF must follow the data of a chunk.");
    case stage::data_lf:
      stage_ = stage::size_first;
      line_bytes_ = 0;
      return c == '\n' || refuse("CRLF must follow the data of a chunk.");
    case stage::trailer_first:
    case stage::trailer_line:
    case stage::trailer_lf:
    case stage::end_lf: return take_trailer(c);
    case stage::data:
    case stage::done:
    case stage::refused: break;
  }
  return false;
}

bool chunked_decoder::take_size(char c) noexcept {
  if (++line_bytes_ > limits::chunk_size_line_bytes_max) return refuse("A chunk size line is longer than 256 bytes.");
  if (const int digit = hex_value(c); digit >= 0) {
    if (left_bytes_ > chunk_bytes_max / 16) return refuse("A chunk size is too large.");
    left_bytes_ = left_bytes_ * 16 + static_cast<std::uint64_t>(digit);
    stage_ = stage::size_more;
    return true;
  }
  if (stage_ == stage::size_first) return refuse("A chunk must begin with its size in hexadecimal digits.");
  if (c == '\r') {
    stage_ = stage::size_lf;
    return true;
  }
  stage_ = stage::before_extension;
  --line_bytes_;  // counted again by take_extension
  return take_extension(c);
}

/// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
/// A lone LF in here is the oldest way to make two servers see two different requests, so nothing is skipped unread.
bool chunked_decoder::take_extension(char c) noexcept {
  constexpr std::string_view malformed = "A chunk extension is malformed; it is `;name` or `;name=value`.";
  if (++line_bytes_ > limits::chunk_size_line_bytes_max) return refuse("A chunk size line is longer than 256 bytes.");
  const bool space = c == ' ' || c == '\t';
  const auto separator = [&](bool may_end) noexcept {
    if (c == ';') {
      stage_ = stage::extension_name_first;
    } else if (c == '\r' && may_end) {
      stage_ = stage::size_lf;
    } else {
      return false;
    }
    return true;
  };
  switch (stage_) {
    case stage::before_extension:
      if (space || separator(false)) return true;
      return refuse("A chunk size must be hexadecimal digits, then CRLF or `;`.");
    case stage::extension_name_first:
      if (space) return true;
      stage_ = stage::extension_name;
      return is_token_char(c) || refuse(malformed);
    case stage::extension_name:
      if (is_token_char(c)) return true;
      [[fallthrough]];
    case stage::after_name:
      if (space) {
        stage_ = stage::after_name;
        return true;
      }
      if (c == '=') {
        stage_ = stage::extension_value_first;
        return true;
      }
      // White space before the line end belongs to nothing.
      return separator(stage_ == stage::extension_name) || refuse(malformed);
    case stage::extension_value_first:
      if (space) return true;
      stage_ = c == '"' ? stage::extension_quoted : stage::extension_token;
      return c == '"' || is_token_char(c) || refuse(malformed);
    case stage::extension_token:
      if (is_token_char(c) || separator(true)) return true;
      stage_ = stage::before_extension;
      return space || refuse(malformed);
    case stage::extension_quoted:
      if (c == '"') {
        stage_ = stage::after_quoted;
      } else if (c == '\\') {
        stage_ = stage::extension_escape;
      }
      return is_field_char(c) || refuse(malformed);
    case stage::extension_escape: stage_ = stage::extension_quoted; return is_field_char(c) || refuse(malformed);
    case stage::after_quoted:
      if (separator(true)) return true;
      stage_ = stage::before_extension;
      return space || refuse(malformed);
    default: return false;
  }
}

bool chunked_decoder::size_complete() noexcept {
  if (left_bytes_ == 0) {
    stage_ = stage::trailer_first;
    return true;
  }
  // Weighed here and nowhere else, so that the verdict does not depend on how the bytes were split.
  if (framing_bytes_ > free_framing_bytes && framing_bytes_ / 3 > data_bytes_ + left_bytes_) {
    return refuse("The chunks of this body are mostly framing; send larger chunks.");
  }
  stage_ = stage::data;
  return true;
}

bool chunked_decoder::take_trailer(char c) noexcept {
  switch (stage_) {
    case stage::trailer_first:
      if (c == '\r') {
        stage_ = stage::end_lf;
        return true;
      }
      stage_ = stage::trailer_line;
      trailer_line_at_ = static_cast<std::uint32_t>(trailer_text_.size());
      [[fallthrough]];
    case stage::trailer_line:
      if (c == '\r') {
        stage_ = stage::trailer_lf;
        return true;
      }
      if (trailer_text_.size() == limits::trailer_bytes_max) {
        return refuse("The trailers are longer than 4 KiB.", status::header_fields_too_large);
      }
      if (!is_field_char(c)) return refuse("A trailer contains a control character or a bare LF.");
      trailer_text_.push_back(c);
      return true;
    case stage::trailer_lf:
      if (c != '\n') return refuse("A CR without LF stands inside a trailer.");
      stage_ = stage::trailer_first;
      return trailer_complete();
    case stage::end_lf: stage_ = stage::done; return c == '\n' || refuse("The body must end with CRLF.");
    default: return false;
  }
}

bool chunked_decoder::trailer_complete() noexcept {
  const char* const line = trailer_text_.data() + trailer_line_at_;
  const char* const end = trailer_text_.data() + trailer_text_.size();
  const char* const colon = scan::fastest::token_end(line, end);
  if (colon == line || colon == end || *colon != ':')
    return refuse("A trailer must be `Name: value`, without white space before the colon.");
  if (trailer_count_ == trailers_max)
    return refuse("There are more than 16 trailers.", status::header_fields_too_large);
  const std::string_view value = trim({colon + 1, static_cast<std::size_t>(end - colon - 1)});
  const auto distance = [&](const char* to) noexcept { return static_cast<std::uint16_t>(to - trailer_text_.data()); };
  slices_[trailer_count_++] = {distance(line), static_cast<std::uint16_t>(colon - line), distance(value.data()),
                               static_cast<std::uint16_t>(value.size())};
  return true;
}

bool chunked_decoder::refuse(std::string_view detail, status code) noexcept {
  why_ = {code, detail};
  stage_ = stage::refused;
  return false;
}

}  // namespace wf::http
