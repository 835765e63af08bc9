#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "waveforge/api/context.hpp"
#include "waveforge/store/requests.hpp"

namespace wf::api {

/// A number of chunks as a client tells it: decimal, 1 … limits::chunks_max. bad_request.
[[nodiscard]] result<std::uint32_t> parse_total_chunks(std::string_view text);
[[nodiscard]] result<std::uint32_t> check_total_chunks(std::uint64_t number);

/// Ask the store to finish the recording and answer: 200 when it is there, 202 while it is being made, 409 with
/// missing_chunks.
[[nodiscard]] io::task<reply> complete_recording(context& now, store::assemble_request request);

}  // namespace wf::api
