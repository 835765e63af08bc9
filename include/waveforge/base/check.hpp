#pragma once

namespace wf {

/// Prints what was expected and where, then aborts. For our own mistakes only: nothing a client or a disk can cause
/// may end here.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace wf

#define WF_CHECK(condition)                               \
  do {                                                    \
    if (!(condition)) [[unlikely]]                        \
      ::wf::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
