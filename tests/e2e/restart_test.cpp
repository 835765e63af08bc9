// What was acknowledged is there after kill -9 and after a clean stop, and uploads go on where HEAD says.
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "e2e/scene.hpp"
#include "waveforge/base/units.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t chunk_bytes = 256_KiB;
constexpr std::uint32_t chunk_count = 12;

std::string open_patch(std::uint32_t index, const std::string& session, std::uint64_t offset, std::uint64_t length) {
  return fmt::format(
      "PATCH {} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {}\r\n"
      "Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
      chunk_path(session, index), offset, length);
}

// Sends the head and comes back when the server has read it: a drain does not wait for a request that only the kernel
// has, and bytes on a connection say nothing of who has seen them.
void begin_patch(raw_client& flying, const std::string& session) {
  std::string head = open_patch(0, session, 0, chunk_bytes);
  flying.send(head.insert(head.size() - 2, "Expect: 100-continue\r\n"));
  ASSERT_EQ(flying.receive_interim().status, 100);
}

// Asks HEAD until the offset is at least `wanted`: bytes on a socket are not in the file yet.
std::uint64_t offset_at_least(tus_client& client, const std::string& path, std::uint64_t wanted) {
  for (int tries = 0; tries < 2000; ++tries) {
    const answer got = client.head(path);
    if (got.status == 200 && got.upload_offset().value_or(0) >= wanted) return *got.upload_offset();
    std::this_thread::sleep_for(5ms);
  }
  return 0;
}

// Goes on with every chunk from where HEAD says, creating those that are unknown.
void resume(tus_client& client, const std::string& session, const material& all,
            const std::vector<std::uint64_t>& acknowledged) {
  for (std::uint32_t index = 0; index < chunk_count; ++index) {
    const auto chunk = all.part(index * chunk_bytes, chunk_bytes);
    const std::string path = chunk_path(session, index);
    const answer head = client.head(path);
    if (head.status == 404 && acknowledged[index] == 0) {
      client.upload(session, {index, chunk.size(), chunk_bytes, chunk_count}, chunk, 100'000);
      continue;
    }
    ASSERT_EQ(head.status, 200) << "chunk " << index;
    const auto offset = head.upload_offset();
    ASSERT_TRUE(offset);
    ASSERT_GE(*offset, acknowledged[index]) << "acknowledged bytes of chunk " << index << " are gone";
    ASSERT_LE(*offset, chunk.size());
    if (*offset == chunk.size()) continue;
    const answer got = client.patch(path, *offset, chunk.subspan(*offset));
    ASSERT_EQ(got.status, 204) << "chunk " << index << " at " << *offset << ": " << got.body;
  }
}

class restart : public testing::TestWithParam<const char*> {};

TEST_P(restart, kill_in_the_middle_loses_nothing_acknowledged) {
  const material all{chunk_count * chunk_bytes - 99};
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0", "--durability", GetParam()}}};
  const std::string session = session_of(10);
  std::vector<std::uint64_t> acknowledged(chunk_count, 0);

  // Chunks 0 … 6 in different states: whole, partial by a finished PATCH, one with a PATCH in flight, one only created.
  {
    tus_client client{server.port()};
    for (std::uint32_t index = 0; index < 4; ++index) {
      client.upload(session, {index, chunk_bytes, chunk_bytes}, all.part(index * chunk_bytes, chunk_bytes), 70'000);
      acknowledged[index] = chunk_bytes;
    }
    for (std::uint32_t index = 4; index < 7; ++index) {
      ASSERT_EQ(client.create(session, {index, chunk_bytes, chunk_bytes}).status, 201);
    }
    for (const std::uint32_t index : {4U, 5U}) {
      const answer got = client.patch(chunk_path(session, index), 0, all.part(index * chunk_bytes, 100'001));
      ASSERT_EQ(got.status, 204);
      acknowledged[index] = 100'001;
    }
    raw_client flying{server.port()};
    flying.send(open_patch(5, session, 100'001, chunk_bytes - 100'001));
    flying.send(all.part(5 * chunk_bytes + 100'001, 50'000));
    server.kill();
  }
  server.start_again();
  tus_client client{server.port()};
  ASSERT_NO_FATAL_FAILURE(resume(client, session, all, acknowledged));
  client.wait_for_state(session, "assembled");
  EXPECT_EQ(client.recording_sha256(session), all.sha256);

  server.kill();
  server.start_again();
  tus_client later{server.port()};
  later.wait_for_state(session, "assembled");
  EXPECT_EQ(later.recording_sha256(session), all.sha256);
}

TEST_P(restart, killed_again_and_again_it_still_ends_whole) {
  const material all{chunk_count * chunk_bytes - 99, 7};
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0", "--durability", GetParam()}}};
  const std::string session = session_of(11);
  std::vector<std::uint64_t> acknowledged(chunk_count, 0);
  for (std::uint32_t index = 0; index < chunk_count; ++index) {
    tus_client client{server.port()};
    const auto chunk = all.part(index * chunk_bytes, chunk_bytes);
    ASSERT_EQ(client.create(session, {index, chunk.size(), chunk_bytes, chunk_count}).status, 201);
    const std::uint64_t half = 1 + load::mix(8, index) % (chunk.size() - 1);
    ASSERT_EQ(client.patch(chunk_path(session, index), 0, chunk.first(half)).status, 204);
    acknowledged[index] = half;
    server.kill();
    server.start_again();
  }
  tus_client client{server.port()};
  ASSERT_NO_FATAL_FAILURE(resume(client, session, all, acknowledged));
  client.wait_for_state(session, "assembled");
  EXPECT_EQ(client.recording_sha256(session), all.sha256);
}

TEST_P(restart, a_drain_keeps_the_prefix_of_a_patch_and_exits_0) {
  const material all{chunk_bytes};
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0", "--durability", GetParam(), "--drain-timeout", "1s"}}};
  const std::string session = session_of(12);
  constexpr std::uint64_t sent = 150'123;
  {
    tus_client client{server.port()};
    ASSERT_EQ(client.create(session, {0, chunk_bytes, chunk_bytes, 1}).status, 201);
    raw_client flying{server.port()};
    ASSERT_NO_FATAL_FAILURE(begin_patch(flying, session));
    flying.send(all.part(0, sent));
    while (flying.unacknowledged_bytes() != 0) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(server.stop(20s), 0) << server.log();
  }
  server.start_again();
  tus_client client{server.port()};
  EXPECT_EQ(offset_at_least(client, chunk_path(session, 0), 1), sent) << "not all that had arrived was kept";
  const auto offset = client.head(chunk_path(session, 0)).upload_offset();
  ASSERT_TRUE(offset);
  ASSERT_EQ(client.patch(chunk_path(session, 0), *offset, all.part(*offset, chunk_bytes)).status, 204);
  client.wait_for_state(session, "assembled");
  EXPECT_EQ(client.recording_sha256(session), all.sha256);
}

INSTANTIATE_TEST_SUITE_P(levels, restart, testing::Values("none", "chunk", "patch"),
                         [](const auto& one) { return std::string{one.param}; });

TEST(drain, a_request_in_flight_may_end) {
  const material all{chunk_bytes};
  const temp_dir data;
  server_process server{{data.path(), {"--drain-timeout", "20s", "--threads", "1"}}};
  tus_client client{server.port()};
  ASSERT_EQ(client.create(session_of(13), {0, chunk_bytes, chunk_bytes, 1}).status, 201);
  raw_client flying{server.port()};
  ASSERT_NO_FATAL_FAILURE(begin_patch(flying, session_of(13)));
  flying.send(all.part(0, 100'000));
  raw_client idle{server.port()};
  server.signal(SIGTERM);
  // One thread tells all its connections at once.
  ASSERT_TRUE(idle.closed_within(20s)) << server.log();
  flying.send(all.part(100'000, chunk_bytes));
  const answer got = flying.receive();
  EXPECT_EQ(got.status, 204);
  EXPECT_TRUE(got.closes) << "a draining server announces the end of the connection";
  EXPECT_EQ(server.wait(15s), 0) << server.log();
}

TEST(drain, a_second_signal_ends_at_once) {
  const temp_dir data;
  server_process server{{data.path(), {"--drain-timeout", "60s"}}};
  tus_client client{server.port()};
  ASSERT_EQ(client.create(session_of(14), {0, chunk_bytes}).status, 201);
  raw_client flying{server.port()};
  ASSERT_NO_FATAL_FAILURE(begin_patch(flying, session_of(14)));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(500ms), -1) << "it did not wait for the request in flight";
  // Signals that come before the first is taken are one.
  while (server.log().find("draining") == std::string::npos) std::this_thread::sleep_for(1ms);
  server.signal(SIGTERM);
  EXPECT_NE(server.wait(20s), -1) << "still running after the second signal";
}

TEST(drain, an_idle_connection_does_not_hold_it_up) {
  const temp_dir data;
  server_process server{{data.path(), {"--drain-timeout", "60s"}}};
  raw_client idle{server.port()};
  tus_client client{server.port()};
  EXPECT_EQ(client.request("GET", "/health").status, 200);
  EXPECT_EQ(server.stop(30s), 0) << server.log();
}

}  // namespace
}  // namespace wf::test
