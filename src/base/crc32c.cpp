#include "waveforge/base/crc32c.hpp"

#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace wf {

namespace {

constexpr std::uint32_t polynomial_reflected = 0x82F63B78U;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? polynomial_reflected : 0U);
    table[byte] = sum;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> table = make_table();

std::uint32_t by_table(std::uint32_t sum, std::span<const std::byte> bytes) noexcept {
  for (const std::byte byte : bytes) sum = (sum >> 8U) ^ table[(sum ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  return sum;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t sum,
                                                               std::span<const std::byte> bytes) noexcept {
  std::uint64_t wide = sum;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data(), sizeof eight);
    wide = _mm_crc32_u64(wide, eight);
    bytes = bytes.subspan(sizeof eight);
  }
  sum = static_cast<std::uint32_t>(wide);
  for (const std::byte byte : bytes) sum = _mm_crc32_u8(sum, std::to_integer<std::uint8_t>(byte));
  return sum;
}
#endif

}  // namespace

std::uint32_t crc32c(std::uint32_t before, std::span<const std::byte> bytes) noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") != 0) return ~by_instruction(~before, bytes);
#endif
  return ~by_table(~before, bytes);
}

}  // namespace wf
