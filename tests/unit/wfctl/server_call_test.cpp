// A server that cannot be asked is told apart: nobody there, or not for this user.
#include "wfctl/server_call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary_directory.hpp"

namespace wf::ctl {
namespace {

using testing::HasSubstr;

/// Root may connect to everything, so for its lifetime we are somebody else.
class ordinary_user {
 public:
  ordinary_user() : before_(::geteuid()) { EXPECT_EQ(::seteuid(before_ == 0 ? 65'534 : before_), 0); }
  ~ordinary_user() { EXPECT_EQ(::seteuid(before_), 0); }
  ordinary_user(const ordinary_user&) = delete;
  ordinary_user& operator=(const ordinary_user&) = delete;

 private:
  uid_t before_;
};

TEST(call_server, says_whether_nobody_listens_or_connecting_is_forbidden) {
  const test::temporary_directory place;
  const server_address to{"unix:" + place.path() + "/socket", {}};
  const auto nobody = call_server(to, "GET", "/health", {});
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().detail, HasSubstr("no server answers at " + to.url));

  ASSERT_EQ(::chmod(place.path().c_str(), 0), 0);
  {
    const ordinary_user somebody;
    const auto forbidden = call_server(to, "GET", "/health", {});
    ASSERT_FALSE(forbidden);
    EXPECT_EQ(forbidden.error().code, errc::unavailable);
    EXPECT_THAT(forbidden.error().detail, HasSubstr("this user may not connect to " + to.url));
  }
  ASSERT_EQ(::chmod(place.path().c_str(), 0700), 0);
}

}  // namespace
}  // namespace wf::ctl
