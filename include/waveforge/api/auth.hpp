#pragma once

#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/http/fields.hpp"

namespace wf::api {

/// Whether `Authorization: Bearer …` carries the operator's token. Takes the same time wherever the two differ.
/// Errors: unauthorized (none, or another); forbidden when no token is configured, because then nobody may.
[[nodiscard]] result<void> judge_operator(const http::field_list& fields, std::string_view token);

}  // namespace wf::api
