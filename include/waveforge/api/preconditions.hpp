#pragma once

#include <string_view>

#include "waveforge/base/clock.hpp"
#include "waveforge/http/fields.hpp"

namespace wf::api {

enum class precondition : std::uint8_t {
  holds,         ///< go on
  not_modified,  ///< 304: the client has it
  failed,        ///< 412: the client speaks of something else
};

/// What a GET or HEAD makes depend on the state of a file, in the order of RFC 9110 13.2.2: If-Match (RFC 9110 13.1.1),
/// else If-Unmodified-Since (RFC 9110 13.1.4); then If-None-Match, else If-Modified-Since (RFC 9110 13.1.3). A date
/// that cannot be read is as if it had not come. In: `etag` - strong, quoted; `modified_at` - as Last-Modified tells
/// it, to the second. Pure.
[[nodiscard]] precondition judge_preconditions(const http::field_list& fields, std::string_view etag,
                                               utc_time modified_at);

}  // namespace wf::api
