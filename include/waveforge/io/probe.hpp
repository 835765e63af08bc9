#pragma once

#include <string>

#include "waveforge/base/result.hpp"

namespace wf::io {

/// What this kernel's io_uring can do, found at start-up by trying it.
struct ring_features {
  bool single_issuer_defer_taskrun{false};  ///< kernel 6.1
  bool cooperative_taskrun{false};          ///< kernel 5.19
  std::string kernel_release{};
};

/// Refuses with a sentence that names the missing feature, the kernel that has it, and what the operator can do
/// (kernel.io_uring_disabled, seccomp of a container, kernel too old).
[[nodiscard]] result<ring_features> probe_ring();

}  // namespace wf::io
