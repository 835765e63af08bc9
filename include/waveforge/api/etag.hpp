#pragma once

#include <string>
#include <string_view>

#include "waveforge/http/fields.hpp"

namespace wf::api {

/// A strong entity tag, quoted, made of the content itself: it stays right over a restart and over a change of clock.
[[nodiscard]] std::string etag_of(std::string_view content);

/// Whether If-None-Match names this quoted tag: the answer is 304.
[[nodiscard]] bool is_known_already(const http::field_list& fields, std::string_view etag);

}  // namespace wf::api
