// URLs and Locations are taken apart as RFC 3986 has them.
#include "wfload/target.hpp"

#include <gtest/gtest.h>

namespace wf::load {
namespace {

TEST(target, locations_become_paths) {
  EXPECT_EQ(path_of_location("http://h:1/tus/a", "/tus"), "/tus/a");
  EXPECT_EQ(path_of_location("//h:1/tus/a", "/tus"), "/tus/a");
  EXPECT_EQ(path_of_location("/x/y", "/tus"), "/x/y");
  EXPECT_EQ(path_of_location("a", "/tus"), "/tus/a");
}

TEST(target, urls_are_taken_apart) {
  const auto one = resolve("http://127.0.0.1:81/base/");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->authority, "127.0.0.1:81");
  EXPECT_EQ(one->path, "/base");
  const auto six = resolve("http://[::1]:81");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->address.ss_family, AF_INET6);
  const auto plain = parse_url("http://host");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "host");
  EXPECT_EQ(plain->port, "80");
  for (const char* wrong : {"", "foo", "https://127.0.0.1", "http://", "http://:80", "http:///path",
                            "http://h:", "http://h:0", "http://h:65617", "http://h:8o", "http://h:-1"}) {
    EXPECT_FALSE(parse_url(wrong)) << wrong;
    EXPECT_FALSE(resolve(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace wf::load
