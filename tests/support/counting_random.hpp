#pragma once

#include "waveforge/base/random.hpp"

namespace wf::test {

/// 1, 2, 3, …: no two draws are the same, and every run draws the same.
class counting_random final : public random_source {
 public:
  void fill(std::span<std::byte> out) noexcept override {
    for (auto& byte : out) byte = static_cast<std::byte>(++value_);
  }

 private:
  unsigned value_{0};
};

}  // namespace wf::test
