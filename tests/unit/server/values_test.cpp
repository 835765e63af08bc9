// Option values as people write them: what is read, and that everything else is refused.
#include "waveforge/server/values.hpp"

#include <gtest/gtest.h>

namespace wf::server {
namespace {

using namespace std::chrono_literals;

TEST(values, sizes) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("1500"), 1'500U);
  EXPECT_EQ(parse_size("64KiB"), 65'536U);
  EXPECT_EQ(parse_size("5MiB"), 5U << 20U);
  EXPECT_EQ(parse_size("2GB"), 2'000'000'000U);
  for (const char* wrong : {"", "MiB", "-1", "+1", "1.5MiB", "5 MiB", "5mib", "5M", "99999999TiB", "1e6", "0x10"}) {
    EXPECT_FALSE(parse_size(wrong)) << wrong;
  }
}

TEST(values, times) {
  EXPECT_EQ(parse_duration("0"), 0ms);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("7d"), 24h * 7);
  for (const char* wrong : {"", "10", "s", "-1s", "1.5h", "10 s", "1w", "9999999999999999d"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(values, numbers_keep_to_their_range) {
  EXPECT_EQ(parse_number("1", 1, 256), 1U);
  EXPECT_EQ(parse_number("256", 1, 256), 256U);
  EXPECT_FALSE(parse_number("0", 1, 256));
  EXPECT_FALSE(parse_number("257", 1, 256));
  EXPECT_FALSE(parse_number("two", 1, 256));
  EXPECT_FALSE(parse_number("2x", 1, 256));
  EXPECT_EQ(parse_number("x", 1, 256).error().detail, "it is a whole number from 1 to 256");
}

TEST(values, free_space_is_a_share_a_size_or_both) {
  const auto share = parse_free_floor("5%");
  ASSERT_TRUE(share);
  EXPECT_DOUBLE_EQ(share->fraction, 0.05);
  EXPECT_EQ(share->bytes, 0U);
  const auto size = parse_free_floor("10GiB");
  ASSERT_TRUE(size);
  EXPECT_DOUBLE_EQ(size->fraction, 0);
  EXPECT_EQ(size->bytes, 10ULL << 30U);
  const auto both = parse_free_floor("5%,10GiB");
  ASSERT_TRUE(both);
  EXPECT_DOUBLE_EQ(both->fraction, 0.05);
  EXPECT_EQ(both->bytes, 10ULL << 30U);
  for (const char* wrong : {"", "%", "100%", "5%,", "5%,x", "-5%"}) EXPECT_FALSE(parse_free_floor(wrong)) << wrong;
}

}  // namespace
}  // namespace wf::server
