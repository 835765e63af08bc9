#pragma once

#include <optional>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/http/method.hpp"

namespace wf::tus {

/// X-HTTP-Method-Override (tus 1.0.0): the request is handled as that method and the real one is ignored, for limits
/// and authorisation too. Errors: bad_request when it names no method known here. Without the field: `real`.
[[nodiscard]] result<http::method> effective_method(http::method real, std::optional<std::string_view> override_value);

}  // namespace wf::tus
