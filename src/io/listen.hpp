#pragma once

#include <string_view>

#include "waveforge/base/result.hpp"

namespace wf::io {

/// kernel::listen of the real machine.
[[nodiscard]] result<int> listen_on(std::string_view address, bool reuse_port);

}  // namespace wf::io
