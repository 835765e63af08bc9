#pragma once

#include <string_view>

#include "waveforge/io/directory.hpp"

namespace wf::store {

/// Whether there is a file or directory of that name. A disk that does not answer is a failure and not a no: what seems
/// to be gone would be taken for lost.
[[nodiscard]] io::task<result<bool>> is_there(const io::directory& in, std::string_view name);

}  // namespace wf::store
