#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

namespace wf::fuzz {

/// Stops the fuzzer with a reason; the input that did it is kept by libFuzzer.
inline void expect(bool holds, const char* what) noexcept {
  if (holds) return;
  std::fprintf(stderr, "this must hold and does not: %s\n", what);
  std::abort();
}

/// A copy on the heap of exactly this size, so that AddressSanitizer sees a read one byte too far.
class exact_copy {
 public:
  explicit exact_copy(std::string_view text) : size_{text.size()}, bytes_{new std::byte[text.size()]} {
    for (std::size_t i = 0; i < size_; ++i) bytes_[i] = static_cast<std::byte>(text[i]);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {reinterpret_cast<const char*>(bytes_.get()), size_}; }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// A fuzz input whose first byte says how the rest is cut into pieces: every choice repeats from the same input.
class cut_input {
 public:
  cut_input(const std::uint8_t* data, std::size_t size) noexcept
      : state_{size == 0 ? 1U : data[0] + 1U},
        text_{size == 0 ? "" : reinterpret_cast<const char*>(data) + 1, size == 0 ? 0 : size - 1} {}

  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  /// Size of the next piece: mostly a few bytes, sometimes many, never 0.
  [[nodiscard]] std::size_t next_size() noexcept {
    state_ = state_ * 1'103'515'245U + 12'345U;
    const std::uint32_t bits = state_ >> 16U;
    return (bits & 7U) == 0 ? 1 + (bits >> 3U) % 300 : 1 + (bits >> 3U) % 4;
  }

 private:
  std::uint32_t state_;
  std::string_view text_;
};

}  // namespace wf::fuzz
