#pragma once

#include <cstdint>
#include <optional>

#include "waveforge/api/context.hpp"
#include "waveforge/store/requests.hpp"

namespace wf::api {

/// PATCH, the same on both surfaces: of the chunk `now.id`, `index`, whose length may become `length_bytes_max`.
[[nodiscard]] io::task<reply> patch_upload(context& now, chunk_index index,
                                           std::optional<std::uint64_t> length_bytes_max);

/// The body of a creation goes to the chunk just created, or found (tus 1.0.0, Creation With Upload): bytes already
/// held are compared and dropped. `check` may be null. The chunk as promised afterwards.
[[nodiscard]] io::task<result<store::chunk_view>> append_created(context& now, chunk_index index,
                                                                 store::body_check* check);

}  // namespace wf::api
