// The check values of RFC 3720 §B.4, in one piece and in any two.
#include "waveforge/base/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

namespace wf {
namespace {

std::uint32_t sum_of(std::string_view text, std::uint32_t before = 0) {
  return crc32c(before, std::as_bytes(std::span{text}));
}

TEST(Crc32c, HasTheValuesOfTheRfc) {
  EXPECT_EQ(sum_of(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(sum_of(std::string(32, '\xff')), 0x62A8AB43U);
  std::string counting(32, '\0');
  for (std::size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<char>(i);
  EXPECT_EQ(sum_of(counting), 0x46DD794EU);
  EXPECT_EQ(sum_of("123456789"), 0xE3069283U);
  EXPECT_EQ(sum_of(""), 0U);
}

TEST(Crc32c, GoesOnWhereItStopped) {
  const std::string_view text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(sum_of(text.substr(cut), sum_of(text.substr(0, cut))), sum_of(text)) << cut;
  }
}

}  // namespace
}  // namespace wf
