#include "waveforge/http/body_framing.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "waveforge/http/chars.hpp"

namespace wf::http {

namespace {

using verdict = tl::expected<body_framing, refusal>;

[[nodiscard]] tl::unexpected<refusal> refuse(status code, std::string_view detail) noexcept {
  return tl::make_unexpected(refusal{code, detail});
}

/// 1*DIGIT and nothing else: no sign, no list, no white space inside.
[[nodiscard]] std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (most - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

/// All Transfer-Encoding lines together as one list. What matters is whether the last coding is `chunked` and the only
/// one: only then do we and whoever stands in front of us agree where the body ends.
[[nodiscard]] verdict judge_codings(const field_list& fields) noexcept {
  std::size_t chunked_count = 0;
  bool chunked_last = false;
  bool unknown = false;
  bool malformed = false;
  fields.find_all("Transfer-Encoding", [&](std::string_view list) noexcept {
    for (;;) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view coding = trim(list.substr(0, comma));
      const std::string_view name = trim(coding.substr(0, std::min(coding.find(';'), coding.size())));
      chunked_last = equals_ignoring_case(coding, "chunked");
      malformed = malformed || !is_token(name) || (!chunked_last && equals_ignoring_case(name, "chunked"));
      chunked_count += chunked_last ? 1U : 0U;
      unknown = unknown || !chunked_last;
      if (comma == list.size()) return true;
      list.remove_prefix(comma + 1);
    }
  });
  if (malformed)
    return refuse(status::bad_request, "Transfer-Encoding is malformed; send `Transfer-Encoding: chunked`.");
  if (chunked_count > 1) return refuse(status::bad_request, "Transfer-Encoding names chunked more than once.");
  if (!chunked_last) return refuse(status::bad_request, "Transfer-Encoding must end with chunked.");
  if (unknown) return refuse(status::not_implemented, "Only the transfer coding `chunked` is known here.");
  body_framing framing;
  framing.kind = body_kind::chunked;
  return framing;
}

[[nodiscard]] verdict judge_body(const field_list& fields, unsigned version_minor) noexcept {
  std::size_t length_count = 0;
  std::string_view length_text;
  fields.find_all("Content-Length", [&](std::string_view value) noexcept {
    ++length_count;
    length_text = value;
    return true;
  });
  if (fields.contains("Transfer-Encoding")) {
    if (length_count != 0) {
      return refuse(status::bad_request,
                    "Transfer-Encoding and Content-Length contradict each other; send one of them.");
    }
    if (version_minor == 0)
      return refuse(status::bad_request, "HTTP/1.0 has no Transfer-Encoding; send Content-Length.");
    return judge_codings(fields);
  }
  body_framing framing;
  if (length_count == 0) return framing;
  if (length_count > 1) return refuse(status::bad_request, "Content-Length is there more than once; send it once.");
  const auto length = parse_length(length_text);
  if (!length) return refuse(status::bad_request, "Content-Length must be a decimal number below 2^63, digits only.");
  framing.kind = *length == 0 ? body_kind::none : body_kind::length;
  framing.length_bytes = *length;
  return framing;
}

}  // namespace

tl::expected<body_framing, refusal> judge_framing(const request_head& head) noexcept {
  const field_list fields = head.fields();
  verdict framing = judge_body(fields, head.version_minor());
  if (!framing) return framing;
  const bool close = fields.has_member("Connection", "close");
  framing->keep_alive = !close && (head.version_minor() != 0 || fields.has_member("Connection", "keep-alive"));
  // An expectation in HTTP/1.0 is ignored (RFC 9110 10.1.1).
  if (head.version_minor() == 0) return framing;
  bool unknown = false;
  bool expected = false;
  fields.find_all("Expect", [&](std::string_view value) noexcept {
    const bool known = equals_ignoring_case(value, "100-continue");
    expected = expected || known;
    unknown = unknown || !known;
    return true;
  });
  if (unknown) return refuse(status::expectation_failed, "The only expectation known here is `100-continue`.");
  framing->expects_continue = expected && framing->kind != body_kind::none;
  return framing;
}

}  // namespace wf::http
