// A start that cannot work says in one line what to do, and exits 2; a start as an ordinary user works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "e2e/scene.hpp"
#include "support/command.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

void expect_refusal(const std::vector<std::string>& arguments, const std::string& mentions) {
  const auto got = run_command(server_words(arguments), 30s);
  EXPECT_EQ(got.exit_code, 2) << got.out << got.err;
  EXPECT_EQ(std::count(got.err.begin(), got.err.end(), '\n'), 1) << "not one line:\n" << got.err;
  EXPECT_THAT(got.err, testing::HasSubstr(mentions));
  EXPECT_THAT(got.out, testing::Not(testing::HasSubstr("listening on")));
}

TEST(start_up, version) {
  const auto got = run_command(server_words({"--version"}));
  EXPECT_EQ(got.exit_code, 0);
  EXPECT_THAT(got.out, testing::ContainsRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(start_up, a_second_server_on_the_same_data_dir) {
  const temp_dir data;
  server_process first{{data.path(), {}}};
  expect_refusal({"serve", "--listen", "127.0.0.1:0", "--data-dir", data.path()}, data.path());
  EXPECT_EQ(tus_client{first.port()}.request("GET", "/health").status, 200);
}

TEST(start_up, a_busy_port) {
  const temp_dir one;
  const temp_dir two;
  server_process first{{one.path(), {}}};
  const std::string address = fmt::format("127.0.0.1:{}", first.port());
  expect_refusal({"serve", "--listen", address, "--data-dir", two.path()}, address);
}

TEST(start_up, an_unwritable_data_dir) {
  const temp_dir place;
  const auto file = place.path() / "a-file";
  std::ofstream{file} << "x";
  expect_refusal({"serve", "--listen", "127.0.0.1:0", "--data-dir", file}, file);
  expect_refusal({"serve", "--listen", "127.0.0.1:0", "--data-dir", file / "below"}, file);
  expect_refusal({"serve", "--listen", "127.0.0.1:0", "--data-dir", "/proc/none"}, "/proc/none");
}

TEST(start_up, flags_that_make_no_sense) {
  const temp_dir data;
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"--durability", "maybe"},
                                                {"--max-chunk-size", "lots"},
                                                {"--listen", "nowhere"},
                                                {"--no-such-flag"},
                                                {"--threads", "0"}}) {
    std::vector<std::string> words{"serve", "--data-dir", data.path()};
    words.insert(words.end(), flags.begin(), flags.end());
    const auto got = run_command(server_words(words), 30s);
    EXPECT_EQ(got.exit_code, 2) << flags.front() << ": " << got.out << got.err;
    EXPECT_THAT(got.err, testing::HasSubstr(flags.front()));
  }
}

TEST(start_up, several_addresses) {
  const temp_dir data;
  server_process server{{data.path(), {"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"}, false}};
  for (int tries = 0; server.log().find("listening on", server.log().find("listening on") + 1) == std::string::npos;) {
    ASSERT_LT(++tries, 1000) << server.log();
    ::usleep(5000);
  }
  std::size_t at = 0;
  const std::string log = server.log();
  for (int number = 0; number < 2; ++number) {
    at = log.find("http://127.0.0.1:", at);
    ASSERT_NE(at, std::string::npos) << log;
    at += 17;
    raw_client client{static_cast<std::uint16_t>(std::stoi(log.substr(at)))};
    client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.receive().status, 200);
  }
}

TEST(start_up, an_ordinary_user_with_little_lockable_memory) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  constexpr unsigned nobody = 65'534;
  const temp_dir data;
  ASSERT_EQ(::chown(data.path().c_str(), nobody, nobody), 0);
  // The build tree may be closed to others; the binary is copied to where that user can reach it.
  const temp_dir bin;
  ASSERT_EQ(::chmod(bin.path().c_str(), 0755), 0);
  const auto program = bin.path() / "waveforge";
  std::filesystem::copy_file(server_words({}).front(), program);
  ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
  const char* before = std::getenv("WF_SERVER_BIN");
  const std::string restore = before != nullptr ? before : "";
  ::setenv("WF_SERVER_BIN", program.c_str(), 1);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  const rlimit little{8U << 20U, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &little), 0);
  {
    server_process server{{data.path(), {}, true, nobody}};
    tus_client client{server.port()};
    const material all{3'000'000};
    upload_all(client, session_of(20), all, 1'000'000, {0, 1, 2}, 500'000);
    client.wait_for_state(session_of(20), "assembled");
    EXPECT_EQ(client.recording_sha256(session_of(20)), all.sha256);
    EXPECT_EQ(server.stop(), 0) << server.log();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (before != nullptr) {
    ::setenv("WF_SERVER_BIN", restore.c_str(), 1);
  } else {
    ::unsetenv("WF_SERVER_BIN");
  }
}

}  // namespace
}  // namespace wf::test
