// IP addresses, ranges of them, and whom to believe.
#include "waveforge/api/trust.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "support/seeded.hpp"

namespace wf::api {
namespace {

TEST(ip_address, reads_what_the_system_reads_and_nothing_else) {
  for (const char* text : {"0.0.0.0",
                           "192.0.2.7",
                           "255.255.255.255",
                           "256.0.0.1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.",
                           ".1.2.3",
                           "01.2.3.4",
                           "1.2.3.4 ",
                           "",
                           "::",
                           "::1",
                           "1::",
                           "1:2:3:4:5:6:7:8",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7::",
                           "::2:3:4:5:6:7:8",
                           "1::2::3",
                           "1:::2",
                           ":1",
                           "1:",
                           "12345::",
                           "g::",
                           "fd00::/8",
                           "::ffff:192.0.2.7",
                           "64:ff9b::1.2.3.4",
                           "1:2:3:4:5:6:1.2.3.4",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::1.2.3",
                           "1.2.3.4::",
                           "::1.2.3.4:5",
                           "fe80::1%eth0",
                           "ABCD:ef01::"}) {
    const bool version_6 = std::string_view{text}.find(':') != std::string_view::npos;
    ip_address expected{};
    bool valid = false;
    if (version_6) {
      valid = inet_pton(AF_INET6, text, expected.data()) == 1;
    } else {
      expected[10] = expected[11] = 0xff;
      valid = inet_pton(AF_INET, text, expected.data() + 12) == 1;
    }
    const auto got = parse_ip_address(text);
    ASSERT_EQ(got.has_value(), valid) << text;
    EXPECT_EQ(got.value_or(expected), expected) << text;
  }
}

TEST(ip_address, agrees_with_the_system_on_anything) {
  test::seeded random{"ip_address"};
  constexpr std::string_view letters{"0123456789abcdef:::::....%/"};
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    const auto size = random.index(0, 24);
    for (std::uint32_t at = 0; at < size; ++at)
      text += letters[random.index(0, static_cast<std::uint32_t>(letters.size() - 1))];
    std::array<std::uint8_t, 16> out{};
    const bool version_6 = text.find(':') != std::string::npos;
    ASSERT_EQ(parse_ip_address(text).has_value(),
              inet_pton(version_6 ? AF_INET6 : AF_INET, text.c_str(), out.data()) == 1)
        << text;
  }
}

TEST(address_range, contains_what_its_prefix_says) {
  const struct {
    const char* range;
    const char* address;
    bool inside;
  } cases[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.8", false},
      {"0.0.0.0/0", "8.8.8.8", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "8.8.8.8", true},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.128/25", "192.0.2.200", true},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(address_range::parse(each.range)->contains(*parse_ip_address(each.address)), each.inside)
        << each.range << " " << each.address;
  }
}

TEST(address_range, refuses_what_is_no_range_with_a_sentence) {
  for (const char* bad :
       {"", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.1/8", "::/129", "fd00::1/8", "/8"}) {
    const auto got = address_range::parse(bad);
    ASSERT_FALSE(got.has_value()) << bad;
    EXPECT_EQ(got.error().code, errc::bad_request);
    EXPECT_FALSE(got.error().detail.empty());
  }
}

}  // namespace
}  // namespace wf::api
