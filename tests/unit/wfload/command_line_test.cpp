// The command line is understood or refused, with the exit code that says so.
#include "wfload/command_line.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>

namespace wf::load {
namespace {

TEST(command_line, sizes_and_names_are_understood_and_nonsense_is_refused) {
  int code = 0;
  const char* good[] = {"wfload",     "--chunk-size", "1M",      "--patch-size", "512k",
                        "--protocol", "tus",          "--order", "random"};
  const auto how = parse_command_line(9, good, code);
  ASSERT_TRUE(how);
  EXPECT_EQ(how->chunk_bytes, 1_MiB);
  EXPECT_EQ(how->patch_bytes, 512_KiB);
  EXPECT_EQ(how->speak, protocol::tus);
  EXPECT_EQ(how->sessions, how->connections);
  EXPECT_NE(how->seed, 0U);
  const char* bad[] = {"wfload", "--protocol", "ftp"};
  EXPECT_FALSE(parse_command_line(3, bad, code));
  EXPECT_EQ(code, 2);
}

TEST(command_line, help_names_every_choice_in_words) {
  int code = 2;
  const char* words[] = {"wfload", "--help"};
  testing::internal::CaptureStdout();
  EXPECT_FALSE(parse_command_line(2, words, code));
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, 0);
  for (const char* choice : {"{session,tus,put}=session", "{in,random}=in", "{first,last,every,assemble,never}=last",
                             "{equal,last-short,random}=equal"}) {
    EXPECT_NE(help.find(choice), std::string::npos) << choice << "\n" << help;
  }
  EXPECT_TRUE(std::ranges::all_of(help, [](char c) { return c == '\n' || c >= ' '; })) << "no bytes of enums";
}

TEST(command_line, a_url_that_is_none_of_ours_is_wrong_usage) {
  for (const char* url : {"foo", "https://127.0.0.1:1", "http://127.0.0.1:99999"}) {
    int code = 0;
    const char* words[] = {"wfload", "--url", url};
    EXPECT_FALSE(parse_command_line(3, words, code)) << url;
    EXPECT_EQ(code, 2) << url;
  }
}

TEST(command_line, no_number_is_below_zero) {
  for (const char* option :
       {"--recordings", "--chunk-size", "--patch-size", "--slow", "--duration", "--rate", "--timeout", "--retries",
        "--sessions", "--connections", "--threads", "--cycles", "--seed"}) {
    int code = 0;
    const char* words[] = {"wfload", option, "-1"};
    EXPECT_FALSE(parse_command_line(3, words, code)) << option;
    EXPECT_EQ(code, 2) << option;
  }
}

TEST(command_line, a_process_that_is_not_there_cannot_be_measured) {
  for (const std::string& pid :
       {std::to_string(std::numeric_limits<int>::max()), std::string{"0"}, std::string{"-1"}}) {
    int code = 0;
    const char* words[] = {"wfload", "--server-pid", pid.c_str()};
    EXPECT_FALSE(parse_command_line(3, words, code)) << pid;
    EXPECT_EQ(code, 2) << pid;
  }
  int code = 0;
  const std::string self = std::to_string(::getpid());
  const char* words[] = {"wfload", "--server-pid", self.c_str()};
  EXPECT_TRUE(parse_command_line(3, words, code));
}

TEST(command_line, verifying_what_is_never_finished_is_refused) {
  int code = 0;
  const char* session[] = {"wfload", "--verify", "--total", "never"};
  EXPECT_FALSE(parse_command_line(4, session, code));
  EXPECT_EQ(code, 2);
  const char* tus[] = {"wfload", "--verify", "--total", "never", "--protocol", "tus"};
  EXPECT_TRUE(parse_command_line(6, tus, code)) << "a tus upload is finished by itself";
}

}  // namespace
}  // namespace wf::load
