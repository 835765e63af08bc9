#pragma once

#include <string_view>

#include "waveforge/http/status.hpp"

namespace wf::http {

/// Why a message is not taken: the status RFC 9110 or 9112 asks for and a sentence that says what is wrong and what
/// would be right. The sentence is a literal (never the peer's text), so a refusal is copied freely and allocates
/// nothing. A refused head or body leaves the connection in an unknown place: answer, then close.
struct refusal {
  status code{status::bad_request};
  std::string_view detail{};

  friend bool operator==(const refusal&, const refusal&) = default;
};

}  // namespace wf::http
