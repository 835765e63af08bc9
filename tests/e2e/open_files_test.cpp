// More recordings at once than there are descriptors: who finds none in time is told to come again, those who have some
// are not disturbed, and every recording comes to its end.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>

#include "e2e/scene.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr rlim_t descriptors = 512;  // of these the store has 64
constexpr std::uint32_t recordings = 24;
constexpr std::uint64_t chunk_bytes = 200'000;
constexpr std::uint64_t first_part = 100'000;
/// Longer than the server lets anybody wait for a descriptor, and shorter than it lets a body rest.
constexpr auto answered_within = 20s;

tus_client::creation whole_recording() {
  tus_client::creation what{0, chunk_bytes, chunk_bytes};
  what.total_chunks = 1;
  return what;
}

TEST(open_files, who_finds_none_is_told_to_come_again_and_nothing_is_lost) {
  const rlimit few{descriptors, descriptors};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);  // of this process, which ends with this test, and of its children
  const material all{chunk_bytes};
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0"}}};
  tus_client client{server.port()};

  std::vector<raw_client> writers;
  for (std::uint32_t at = 0; at < recordings; ++at) {
    ASSERT_EQ(client.create(session_of(60 + at), whole_recording()).status, 201);
    writers.emplace_back(server.port());
    writers.back().send(
        fmt::format("PATCH {} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                    "Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
                    chunk_path(session_of(60 + at), 0), chunk_bytes));
    writers.back().send(all.part(0, first_part));
  }

  std::vector<bool> refused(recordings, false);
  const auto until = steady::now() + answered_within;
  std::uint32_t refusals = 0;
  for (std::uint32_t at = recordings; at-- > 0;) {
    const auto left = std::chrono::duration_cast<raw_client::milliseconds>(until - steady::now());
    // The first refusals stand for all: they waited equally long.
    if (!writers[at].readable_within(refusals == 0 ? std::max(left, 1ms) : 200ms)) continue;
    const answer said = writers[at].receive();
    EXPECT_EQ(said.status, 503) << said.body;
    EXPECT_TRUE(said.field("Retry-After").has_value());
    refused[at] = true;
    ++refusals;
  }
  fmt::print("[ open files ] {} of {} writers were told to come again\n", refusals, recordings);
  EXPECT_GE(refusals, 1U) << "there were descriptors for everybody";
  EXPECT_LE(refusals, recordings - 8) << "64 descriptors are enough for eight writers";

  for (std::uint32_t at = 0; at < recordings; ++at) {
    if (refused[at]) continue;
    writers[at].send(all.part(first_part, chunk_bytes));
    const answer said = writers[at].receive();
    EXPECT_EQ(said.status, 204) << said.body;
    EXPECT_EQ(said.upload_offset(), chunk_bytes);
  }
  for (std::uint32_t at = 0; at < recordings; ++at) {
    if (refused[at]) {
      const auto offset = client.head(chunk_path(session_of(60 + at), 0)).upload_offset();
      ASSERT_TRUE(offset.has_value());
      const answer said = client.patch(chunk_path(session_of(60 + at), 0), *offset, all.part(*offset, chunk_bytes));
      EXPECT_EQ(said.status, 204) << said.body;
    }
    client.wait_for_state(session_of(60 + at), "assembled");
    EXPECT_EQ(client.recording_sha256(session_of(60 + at)), all.sha256);
  }
  EXPECT_EQ(server.stop(), 0) << server.log();
}

}  // namespace
}  // namespace wf::test
