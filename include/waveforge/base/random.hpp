#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace wf {

/// The only source of randomness: ids and eras must not be guessable, so `server` implements it with getrandom(2); the
/// simulator implements it with its seed. Thread-safe.
class random_source {
 public:
  virtual ~random_source() = default;
  virtual void fill(std::span<std::byte> out) noexcept = 0;
};

}  // namespace wf
