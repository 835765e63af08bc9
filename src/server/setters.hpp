#pragma once

#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/server/options.hpp"

/// The options whose values need more than one line to read. Each takes one value as it was written; bad_request with a
/// sentence that says what would be right.
namespace wf::server::setters {

[[nodiscard]] result<void> set_listen(options& set, std::string_view text);
[[nodiscard]] result<void> set_expire_recordings(options& set, std::string_view text);
[[nodiscard]] result<void> set_expire_after(options& set, std::string_view text);
[[nodiscard]] result<void> set_chunk_max(options& set, std::string_view text);
[[nodiscard]] result<void> set_tus_max(options& set, std::string_view text);
[[nodiscard]] result<void> set_session_rate(options& set, std::string_view text);
[[nodiscard]] result<void> set_tus_base(options& set, std::string_view text);
[[nodiscard]] result<void> add_proxy(options& set, std::string_view text);
[[nodiscard]] result<void> add_origin(options& set, std::string_view text);
[[nodiscard]] result<void> read_token(options& set, std::string_view text);

}  // namespace wf::server::setters
