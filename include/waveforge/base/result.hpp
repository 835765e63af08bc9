#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "waveforge/base/error.hpp"

namespace wf {

/// A value, or why there is none. Every function that can fail because of input, disk, network or limits returns one.
template <typename T>
using result = tl::expected<T, error>;

[[nodiscard]] inline tl::unexpected<error> fail(errc code, std::string detail = {}) {
  return tl::make_unexpected(error{code, std::move(detail), 0});
}
[[nodiscard]] inline tl::unexpected<error> fail(error failure) {
  return tl::make_unexpected(std::move(failure));
}

}  // namespace wf
