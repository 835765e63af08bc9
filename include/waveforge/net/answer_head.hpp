#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waveforge/api/reply.hpp"
#include "waveforge/base/result.hpp"
#include "waveforge/http/method.hpp"

namespace wf::net {

/// What an answer must know about its request and its connection.
struct answer_terms {
  http::method verb{http::method::get};
  unsigned version_minor{1};
  bool keep_alive{true};
};

/// How the bytes behind the head are delimited (RFC 9112 6.3).
enum class body_framing_out : std::uint8_t { none, length, chunked, until_close };

struct answer_head {
  std::string text{};
  body_framing_out framing{body_framing_out::none};
  bool keep_alive{true};  ///< the terms, unless the end of the body is the end of the connection
};

/// The head of an answer: status, Date, the reply's fields, framing and Connection. HEAD, 204 and 304 get no body; HEAD
/// is told the length a GET would have. Pure. Errors: internal, when a field cannot be written as it is.
[[nodiscard]] result<answer_head> write_answer_head(const api::reply& answer, const answer_terms& terms,
                                                    std::string_view date);

}  // namespace wf::net
