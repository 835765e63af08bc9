#include "waveforge/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace wf {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "waveforge: this must hold and does not: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace wf
