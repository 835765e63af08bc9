// The words of a command line become what was meant, or an exit code of 2.
#include "wfctl/command_line.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "wfctl/exit_status.hpp"

namespace wf::ctl {
namespace {

std::optional<command> parse(std::vector<const char*> words, int& code) {
  words.insert(words.begin(), "wfctl");
  return parse_command_line(static_cast<int>(words.size()), words.data(), code);
}

TEST(wfctl_command_line, options_stand_before_or_behind_the_verb) {
  int code = 0;
  for (const auto& words : std::vector<std::vector<const char*>>{{"--json", "-d", "/srv/x", "show", "abc"},
                                                                 {"show", "abc", "--json", "--data-dir", "/srv/x"}}) {
    const auto asked = parse(words, code);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->what, verb::show);
    EXPECT_TRUE(asked->json);
    EXPECT_EQ(asked->data_dir, "/srv/x");
    EXPECT_EQ(asked->session, "abc");
  }
}

TEST(wfctl_command_line, every_verb_is_known) {
  int code = 0;
  const auto list = parse({"ls", "talk", "--state", "open", "--sort", "size", "-n", "5", "-a"}, code);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->list.only, session::state::open);
  EXPECT_EQ(list->list.by, sort_key::size);
  EXPECT_EQ(list->list.count_max, 5U);
  EXPECT_EQ(list->list.contains, "talk");
  EXPECT_TRUE(list->list.all);
  EXPECT_TRUE(parse({"fsck", "--repair"}, code)->repair);
  const auto slow = parse({"scrub", "--rate", "20M"}, code);
  ASSERT_TRUE(slow);
  EXPECT_EQ(slow->bytes_per_s, 20U << 20U);
  EXPECT_TRUE(slow->session.empty());
  const auto made = parse({"assemble", "abc", "--total", "12", "--url", "unix:/run/x", "--no-wait"}, code);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->total, 12U);
  EXPECT_EQ(made->url, "unix:/run/x");
  EXPECT_TRUE(made->no_wait);
  EXPECT_EQ(parse({"rm", "a", "b"}, code)->sessions.size(), 2U);
  const auto collect = parse({"gc", "--dry-run", "--expire-after", "7d"}, code);
  ASSERT_TRUE(collect);
  EXPECT_TRUE(collect->dry_run);
  EXPECT_EQ(collect->expiry.unfinished, std::chrono::hours{24 * 7});
  const auto copy = parse({"export", "abc", "out.webm", "-f"}, code);
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->session, "abc");
  EXPECT_EQ(copy->file, "out.webm");
  EXPECT_TRUE(copy->force);
}

TEST(wfctl_command_line, nonsense_ends_with_2) {
  for (const auto& words : std::vector<std::vector<const char*>>{{},
                                                                 {"frobnicate"},
                                                                 {"show"},
                                                                 {"export", "abc"},
                                                                 {"rm"},
                                                                 {"ls", "--state", "asleep"},
                                                                 {"fsck", "--mend"},
                                                                 {"ls", "--limit", "-3"},
                                                                 {"scrub", "--rate", "-5"},
                                                                 {"gc", "--expire-after", "7"},
                                                                 {"gc", "--expire-after", "-5s"},
                                                                 {"gc", "--expire-after", "106751991166d"},
                                                                 {"gc", "--expire-recordings", "0"},
                                                                 {"gc", "--expire-recordings", "0s"},
                                                                 {"gc", "--expire-recordings", "-5s"},
                                                                 {"gc", "--expire-recordings=-5s"},
                                                                 {"gc", "--expire-recordings", "999ms"},
                                                                 {"gc", "--expire-recordings", "106751991167d"}}) {
    int code = 0;
    EXPECT_FALSE(parse(words, code)) << testing::PrintToString(words);
    EXPECT_EQ(code, static_cast<int>(exit_status::usage)) << testing::PrintToString(words);
  }
}

TEST(wfctl_command_line, gc_takes_what_the_server_was_started_with) {
  int code = 0;
  const auto plain = parse({"gc"}, code);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->expiry.unfinished, std::chrono::hours{24 * 7});
  EXPECT_FALSE(plain->expiry.recordings) << "finished recordings stay unless it is said that they go";
  const auto kept = parse({"gc", "--expire-after", "0", "--expire-recordings", "never"}, code);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->expiry.unfinished, std::chrono::seconds{0});
  EXPECT_FALSE(kept->expiry.recordings);
  const auto brief = parse({"gc", "--expire-after", "5m", "--expire-recordings", "30d"}, code);
  ASSERT_TRUE(brief);
  EXPECT_EQ(brief->expiry.unfinished, std::chrono::minutes{5});
  EXPECT_EQ(brief->expiry.recordings, std::chrono::hours{24 * 30});
}

TEST(wfctl_command_line, asking_for_help_is_no_failure) {
  int code = 7;
  EXPECT_FALSE(parse({"--help"}, code));
  EXPECT_EQ(code, 0);
}

TEST(wfctl_command_line, an_unknown_verb_is_named) {
  int code = 0;
  testing::internal::CaptureStderr();
  EXPECT_FALSE(parse({"--json", "lst", "abc"}, code));
  EXPECT_EQ(code, static_cast<int>(exit_status::usage));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("there is no verb 'lst'"), std::string::npos);
}

}  // namespace
}  // namespace wf::ctl
