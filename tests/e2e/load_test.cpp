// Many connections at once: everything acknowledged is read back and compared byte by byte by the load generator.
// WF_E2E_SECONDS (default 4) is how long each run offers load.
#include <gtest/gtest.h>

#include <cstdlib>

#include "e2e/scene.hpp"
#include "support/command.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

std::string seconds() {
  const char* chosen = std::getenv("WF_E2E_SECONDS");
  return chosen != nullptr ? chosen : "4";
}

void expect_clean_run(const server_process& server, std::vector<std::string> flags) {
  std::vector<std::string> words{WF_WFLOAD_BIN,
                                 "--url",
                                 server.url(),
                                 "--duration",
                                 seconds(),
                                 "--verify",
                                 "--delete",
                                 "--json",
                                 "-",
                                 "--server-pid",
                                 std::to_string(server.pid())};
  words.insert(words.end(), flags.begin(), flags.end());
  const auto got = run_command(words, 300s);
  EXPECT_EQ(got.exit_code, 0) << got.err << got.out;
  EXPECT_NE(got.out.find("\"failures\":0,\"mismatches\":0"), std::string::npos) << got.out;
}

TEST(load, sixty_four_connections_and_sessions) {
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0"}}};
  expect_clean_run(server, {"--connections", "64", "--sessions", "64", "--chunks-per-recording", "4"});
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(load, few_sessions_shared_by_many_connections_in_random_order) {
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0"}}};
  expect_clean_run(server, {"--connections", "32", "--sessions", "4", "--chunks-per-recording", "40", "--order",
                            "random", "--lengths", "last-short", "--patch-size", "300000"});
}

TEST(load, small_irregular_chunks) {
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0"}}};
  expect_clean_run(server, {"--connections", "16", "--chunk-size", "20000", "--patch-size", "7000", "--lengths",
                            "random", "--total", "assemble", "--chunks-per-recording", "30", "--order", "random"});
}

TEST(load, more_sessions_than_connections_told_the_total_first) {
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0", "--threads", "4"}}};
  expect_clean_run(server, {"--connections", "8", "--sessions", "200", "--chunk-size", "65536", "--total", "first",
                            "--chunks-per-recording", "3"});
}

TEST(load, recordings_count_as_verified_when_their_bytes_were_compared) {
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0"}}};
  for (const std::string protocol : {"session", "tus"}) {
    std::vector<std::string> words{WF_WFLOAD_BIN,
                                   "--url",
                                   server.url() + (protocol == "tus" ? "/tus" : ""),
                                   "--protocol",
                                   protocol,
                                   "--recordings",
                                   "2",
                                   "--chunks-per-recording",
                                   "3",
                                   "--chunk-size",
                                   "1000",
                                   "--cycles",
                                   "2",
                                   "--delete",
                                   "--json",
                                   "-"};
    auto got = run_command(words);
    EXPECT_EQ(got.exit_code, 0) << got.err;
    EXPECT_NE(got.out.find("\"bytes_compared\":0,\"chunks\":12,\"recordings\":4,\"recordings_verified\":0,"),
              std::string::npos)
        << got.out;
    words.emplace_back("--verify");
    got = run_command(words);
    EXPECT_EQ(got.exit_code, 0) << got.err;
    EXPECT_NE(got.out.find("\"bytes_compared\":12000,\"chunks\":12,\"recordings\":4,\"recordings_verified\":4,"),
              std::string::npos)
        << got.out;
  }
}

}  // namespace
}  // namespace wf::test
