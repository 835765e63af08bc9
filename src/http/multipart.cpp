#include "waveforge/http/multipart.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "waveforge/base/limits.hpp"
#include "waveforge/http/chars.hpp"
#include "waveforge/http/media_type.hpp"

namespace wf::http {

namespace {

constexpr std::size_t boundary_bytes_max = 70;

/// bchars of RFC 2046 5.1.1; a space may not be the last.
[[nodiscard]] bool is_boundary(std::string_view text) noexcept {
  const auto allowed = [](char c) noexcept {
    const bool alpha = to_lower(c) >= 'a' && to_lower(c) <= 'z';
    return alpha || is_digit(c) || detail::contains("'()+_,-./:=? ", c);
  };
  return !text.empty() && text.size() <= boundary_bytes_max && text.back() != ' ' && std::ranges::all_of(text, allowed);
}

[[nodiscard]] char to_char(std::byte b) noexcept {
  return static_cast<char>(b);
}

[[nodiscard]] std::span<const std::byte> to_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

result<multipart_parser> multipart_parser::for_content_type(std::string_view content_type) {
  const auto type = media_type::parse(content_type);
  if (!type || !type->is("multipart/form-data")) {
    return fail(errc::unsupported_media, "The body must have Content-Type: multipart/form-data.");
  }
  const auto boundary = type->parameter("boundary");
  if (!boundary || !is_boundary(*boundary)) {
    return fail(errc::bad_request,
                "Content-Type: multipart/form-data must have a boundary of 1 to 70 characters (RFC 2046 5.1.1).");
  }
  return multipart_parser{"\r\n--" + *boundary};
}

multipart_parser::step multipart_parser::next(std::span<const std::byte> input) {
  std::size_t consumed = 0;
  for (;;) {
    step one;
    switch (stage_) {
      case stage::preamble:
      case stage::data: one = search(input.subspan(consumed)); break;
      case stage::after_delimiter:
      case stage::after_dash:
      case stage::padding:
      case stage::delimiter_lf: one = read_after_delimiter(input.subspan(consumed)); break;
      case stage::headers: one = read_headers(input.subspan(consumed)); break;
      case stage::finished: return drop_epilogue(input);
      case stage::refused: return {event::refused, consumed, {}};
    }
    consumed += one.consumed_bytes;
    if (one.what != event::more) return {one.what, consumed, one.data};
    if (consumed == input.size() && unsent_ == 0) return {event::more, consumed, {}};
  }
}

/// Looks for the delimiter in a part's body or in the preamble, and gives out as much as surely is not part of one. A
/// CR can stand only at the delimiter's first byte, so a match that breaks can only begin again at the byte that broke
/// it.
multipart_parser::step multipart_parser::search(std::span<const std::byte> input) {
  if (unsent_ != 0) {
    const std::string_view broken = std::string_view{delimiter_}.substr(0, std::exchange(unsent_, 0));
    return pass(to_bytes(broken), 0);
  }
  if (matched_ != 0) return resume_match(input);
  for (std::size_t from = 0; from < input.size();) {
    const void* const found = std::memchr(input.data() + from, '\r', input.size() - from);
    if (found == nullptr) break;
    const auto at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - input.data());
    const std::size_t length = std::min(delimiter_.size(), input.size() - at);
    if (std::memcmp(input.data() + at, delimiter_.data(), length) != 0) {
      from = at + 1;
    } else if (at != 0) {
      return pass(input.first(at), at);
    } else {
      matched_ = length;
      return length == delimiter_.size() ? delimiter_found(length) : step{event::more, length, {}};
    }
  }
  return input.empty() ? step{} : pass(input, input.size());
}

/// Goes on with a match that began in an earlier input.
multipart_parser::step multipart_parser::resume_match(std::span<const std::byte> input) {
  std::size_t at = 0;
  while (at < input.size() && to_char(input[at]) == delimiter_[matched_]) {
    ++at;
    if (++matched_ == delimiter_.size()) return delimiter_found(at);
  }
  // The bytes matched so far were data after all. The first of them are gone from the input, so our own copy is given
  // out.
  if (at < input.size()) unsent_ = std::exchange(matched_, 0);
  return {event::more, at, {}};
}

multipart_parser::step multipart_parser::delimiter_found(std::size_t consumed_bytes) noexcept {
  const bool in_part = stage_ == stage::data;
  matched_ = 0;
  section_bytes_ = 0;
  stage_ = stage::after_delimiter;
  return {in_part ? event::part_end : event::more, consumed_bytes, {}};
}

/// Gives out bytes of a part, or drops and counts bytes of the preamble.
multipart_parser::step multipart_parser::pass(std::span<const std::byte> data, std::size_t consumed_bytes) {
  if (stage_ == stage::data) return {event::part_data, consumed_bytes, data};
  section_bytes_ += data.size();
  if (section_bytes_ > limits::part_head_bytes_max) return refuse("The form begins with too much that is no part.");
  return {event::more, consumed_bytes, {}};
}

/// What may follow a delimiter: white space and CRLF (another part), or "--" (the end).
multipart_parser::step multipart_parser::read_after_delimiter(std::span<const std::byte> input) {
  constexpr std::string_view malformed = "After a boundary there must be CRLF, or `--` at the end of the form.";
  if (input.empty()) return {};
  const char c = to_char(input[0]);
  const bool space = c == ' ' || c == '\t';
  if (stage_ == stage::after_delimiter && c == '-') {
    stage_ = stage::after_dash;
  } else if (stage_ == stage::after_dash) {
    if (c != '-') return refuse(malformed);
    stage_ = stage::finished;
    return {event::finished, 1, {}};
  } else if (stage_ == stage::delimiter_lf) {
    if (c != '\n') return refuse(malformed);
    if (++part_count_ > limits::form_fields_max) return refuse("The form has more than 64 parts.");
    stage_ = stage::headers;
    head_text_.clear();
  } else if (space) {
    stage_ = stage::padding;
    if (++section_bytes_ > boundary_bytes_max) return refuse(malformed);
  } else if (c == '\r') {
    stage_ = stage::delimiter_lf;
  } else {
    return refuse(malformed);
  }
  return {event::more, 1, {}};
}

multipart_parser::step multipart_parser::read_headers(std::span<const std::byte> input) {
  for (std::size_t at = 0; at < input.size(); ++at) {
    if (head_text_.size() == limits::part_head_bytes_max) {
      return refuse("The header lines of a part are longer than 4 KiB.", status::header_fields_too_large);
    }
    head_text_.push_back(to_char(input[at]));
    if (head_text_ != "\r\n" && !head_text_.ends_with("\r\n\r\n")) continue;
    if (!take_part_head()) return {event::refused, at, {}};
    stage_ = stage::data;
    return {event::part_begin, at + 1, {}};
  }
  return {event::more, input.size(), {}};
}

bool multipart_parser::take_part_head() {
  part_ = {};
  bool disposed = false;
  std::string_view rest = head_text_;
  for (;;) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    const std::string_view value = colon == std::string_view::npos ? std::string_view{} : trim(line.substr(colon + 1));
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_field_value(value)) {
      (void)refuse("A header line of a part is malformed; send `Name: value` and CRLF.");
      return false;
    }
    const std::string_view name = line.substr(0, colon);
    if (equals_ignoring_case(name, "Content-Type")) part_.content_type = value;
    if (!equals_ignoring_case(name, "Content-Disposition")) continue;
    auto disposition = parse_form_disposition(value);
    if (!disposition || disposed) {
      (void)refuse("A part must have one header line `Content-Disposition: form-data; name=\"…\"`.");
      return false;
    }
    part_.disposition = std::move(*disposition);
    disposed = true;
  }
  if (!disposed) (void)refuse("A part must have one header line `Content-Disposition: form-data; name=\"…\"`.");
  return disposed;
}

/// RFC 2046 5.1.1 has it ignored; a form that never ends is another matter.
multipart_parser::step multipart_parser::drop_epilogue(std::span<const std::byte> input) {
  section_bytes_ += input.size();
  if (section_bytes_ > limits::part_head_bytes_max) return refuse("The form ends with too much that is no part.");
  return {event::finished, input.size(), {}};
}

std::optional<refusal> multipart_parser::end_of_body() const noexcept {
  if (stage_ == stage::finished) return std::nullopt;
  if (stage_ == stage::refused) return why_;
  return refusal{status::bad_request, "The form ends without its closing boundary; it was cut off."};
}

multipart_parser::step multipart_parser::refuse(std::string_view detail, status code) {
  why_ = {code, detail};
  stage_ = stage::refused;
  return {event::refused, 0, {}};
}

}  // namespace wf::http
