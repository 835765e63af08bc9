// CRC-32 against published values and byte-wise computing, however the bytes are cut.
#include "waveforge/api/digest_check.hpp"

#include <gtest/gtest.h>

#include "support/seeded.hpp"

namespace wf::api {
namespace {

std::uint32_t slowly(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const std::byte each : bytes) {
    crc ^= std::to_integer<std::uint32_t>(each);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

TEST(crc32, published_values) {
  EXPECT_EQ(crc32_of({}), 0U);
  EXPECT_EQ(crc32_of(std::as_bytes(std::span{std::string_view{"123456789"}})), 0xCBF43926U);
  EXPECT_EQ(crc32_of(std::as_bytes(std::span{std::string_view{"hello"}})), 0x3610A686U);
}

TEST(crc32, any_bytes_in_any_pieces) {
  test::seeded random{"crc32"};
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = random.bytes(300);
    const auto bytes = std::as_bytes(std::span{text});
    const auto cut = static_cast<std::size_t>(random.between(0, bytes.size()));
    ASSERT_EQ(crc32_of(bytes.subspan(cut), crc32_of(bytes.first(cut))), slowly(bytes));
  }
}

}  // namespace
}  // namespace wf::api
