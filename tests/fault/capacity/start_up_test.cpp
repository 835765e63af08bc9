// A start with many sessions on disk (WF_SESSIONS) looks at none of them, and the first request to any of them is
// quick: after a clean stop, and after kill -9. The figures are printed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "e2e/scene.hpp"
#include "fault/capacity/crowd.hpp"
#include "fault/support/campaign.hpp"
#include "fault/support/loop_disk.hpp"
#include "waveforge/base/units.hpp"

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
  void SetUp() override {
    if (const auto why = no_loop_disks(file_system::ext4)) GTEST_SKIP() << *why;
    disk_ = std::make_unique<loop_disk>(file_system::ext4, home_.path() / "image", home_.path() / "mnt", 16'384_MiB);
    server_ = std::make_unique<server_process>(server_process::setup{
        disk_->at() / "data", {"--session-rate", "0", "--min-free", "0%", "--durability", "none"}});
  }
  void fill() {
    const material all{held_bytes};
    const auto began = steady::now();
    for_each_number(server_->port(), 16, count_, [&](tus_client& client, std::uint64_t number) {
      // One byte is still to come, so that the session stays what it is. Sessions made in a row use up the descriptors:
      // those before them have to leave memory in time, and nobody is turned away.
      const std::string session = session_of(number);
      answer got = client.create(session, {0, held_bytes + 1});
      if (got.status < 300) got = client.patch(chunk_path(session, 0), 0, all.bytes);
      if (got.status != 204) throw std::runtime_error{"not stored: " + got.body};
    });
    const double took_s = milliseconds_since(began) / 1'000;
    fmt::print("[ measured ] {} sessions with bytes over 16 connections in {:.1f} s: {:.0f} a second\n", count_, took_s,
               static_cast<double>(count_) / took_s);
  }
  void look(const char* after) {
    const auto began = steady::now();
    server_->start_again();
    tus_client client{server_->port()};
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
  temp_dir home_{};
  std::unique_ptr<loop_disk> disk_{};
  std::unique_ptr<server_process> server_{};
};

TEST_F(start_up, with_many_sessions_is_quick) {
  fill();
  ASSERT_EQ(server_->stop(10min), 0) << server_->log();
  look("a clean stop");
  server_->kill();
  look("kill -9");
}

}  // namespace
}  // namespace wf::test
