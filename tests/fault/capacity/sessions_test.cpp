// Sessions that come and go leave nothing behind in memory: recordings of one chunk of 1 KiB, deleted as they finish.
// WF_SESSIONS is how many there are; memory after the last is compared with memory after a tenth of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "e2e/scene.hpp"
#include "fault/capacity/crowd.hpp"
#include "fault/support/campaign.hpp"
#include "support/command.hpp"
#include "waveforge/base/units.hpp"
#include "wfload/process_meter.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t usual = 20'000;
/// What the database may fill in between: two write buffers, and its blocks. A long run has them full at the tenth.
constexpr std::uint64_t database_bytes = 40_MiB;
/// A session stays in memory for half a minute after its last request: the quicker the machine, the more are there.
constexpr std::uint64_t recent_bytes = 16_MiB;

void come_and_go(const server_process& server, std::uint64_t count) {
  const auto got =
      run_command({WF_WFLOAD_BIN, "--url", server.url(), "--recordings", std::to_string(count), "--connections", "16",
                   "--chunks-per-recording", "1", "--chunk-size", "1024", "--delete", "--quiet"},
                  10h);
  ASSERT_EQ(got.exit_code, 0) << got.err << got.out;
}

TEST(sessions, that_come_and_go_leave_no_memory_behind) {
  const std::uint64_t count = count_from("WF_SESSIONS", usual);
  const temp_dir data;
  const server_process server{{data.path() / "data", {"--session-rate", "0", "--threads", "1", "--min-free", "0%"}}};
  come_and_go(server, count / 10);
  const std::uint64_t early = load::measure({server.pid()}).resident_bytes;
  std::uint64_t late = early;
  for (int tenth = 2; tenth <= 10; ++tenth) {
    come_and_go(server, count / 10);
    late = load::measure({server.pid()}).resident_bytes;
    fmt::print("[ measured ] after {} sessions: {:.1f} MB resident\n", count / 10 * static_cast<std::uint64_t>(tenth),
               megabytes(late));
  }
  fmt::print("[ measured ] after {} sessions {:.1f} MB, after {} {:.1f} MB: {:+.1f} %\n", count / 10, megabytes(early),
             count, megabytes(late), (static_cast<double>(late) / static_cast<double>(early) - 1) * 100);
  const std::uint64_t allowed = early + early / 20 + (count > usual ? 0 : database_bytes + recent_bytes);
  EXPECT_LE(late, allowed);
}

}  // namespace
}  // namespace wf::test
