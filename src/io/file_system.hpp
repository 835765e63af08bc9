#pragma once

#include <string>

#include "waveforge/io/kernel.hpp"

namespace wf::io {

/// kernel::open_root and kernel::file_system_of of the real machine.
[[nodiscard]] result<int> open_with_parents(const std::string& path);
[[nodiscard]] result<file_system_facts> ask_file_system(int fd);

}  // namespace wf::io
