// A start with many sessions on disk (WF_SESSIONS) looks at none of them, and the first request to any of them is
// quick: after a clean stop, and after kill -9. The figures are printed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "e2e/scene.hpp"
#include "fault/capacity/crowd.hpp"
#include "fault/support/campaign.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::uint64_t asked_for = 2'000;
constexpr std::uint64_t held_bytes = 1'024;

double milliseconds_since(steady::time_point began) {
  return std::chrono::duration<double, std::milli>(steady::now() - began).count();
}

class start_up : public testing::Test {
 protected:
  void fill() {
    const material all{held_bytes};
    for_each_number(server_.port(), 32, count_, [&](tus_client& client, std::uint64_t number) {
      // One byte is still to come, so that the session stays what it is.
      client.upload(session_of(number), {0, held_bytes + 1}, all.bytes, held_bytes);
    });
  }
  void look(const char* after) {
    const auto began = steady::now();
    server_.start_again();
    tus_client client{server_.port()};
    ASSERT_EQ(client.request("GET", "/ready").status, 200);
    const double ready_ms = milliseconds_since(began);
    std::vector<double> times;
    std::mt19937_64 draw{campaign_seed("start-up")};
    for (std::uint64_t ask = 0; ask < asked_for; ++ask) {
      const std::string path = chunk_path(session_of(draw() % count_), 0);
      const auto asked = steady::now();
      const answer got = client.head(path);
      times.push_back(milliseconds_since(asked));
      ASSERT_EQ(got.status, 200);
      ASSERT_EQ(got.upload_offset(), held_bytes);
    }
    fmt::print(
        "[ measured ] {} sessions, after {}: ready in {:.0f} ms; first request p50 {:.2f} ms, p99 {:.2f} ms, "
        "max {:.2f} ms\n",
        count_, after, ready_ms, quantile(times, 0.5), quantile(times, 0.99), quantile(times, 1));
    EXPECT_LE(ready_ms, 1000);
    EXPECT_LE(quantile(times, 0.99), 10);
  }

  std::uint64_t count_{count_from("WF_SESSIONS", 2'000)};
  temp_dir data_{};
  server_process server_{{data_.path() / "data", {"--session-rate", "0", "--min-free", "0%", "--durability", "none"}}};
};

TEST_F(start_up, with_many_sessions_is_quick) {
  fill();
  ASSERT_EQ(server_.stop(10min), 0) << server_.log();
  look("a clean stop");
  server_.kill();
  look("kill -9");
}

}  // namespace
}  // namespace wf::test
