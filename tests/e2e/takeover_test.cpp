// A writer that died with its connection open is displaced by a PATCH or a HEAD of the same chunk, from a connection on
// any worker, at once (200 tries, the 99th percentile is printed; fewer under a sanitizer); the offset told is the
// offset accepted next.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "e2e/scene.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// The sanitizers look for mistakes and not at times.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int tries = 40;
#else
constexpr int tries = 200;
#endif
constexpr std::uint64_t chunk_bytes = 200'000;
constexpr std::uint64_t first_part = 70'001;

// The goal is 50 ms, and the figure is printed (docs/testing.md has the last one). What fails here is a displacement
// that waits for a timeout, however busy the machine is with other tests.
constexpr auto allowed = 1000ms;

std::string patch_head(const std::string& session, std::uint32_t index, std::uint64_t offset, std::uint64_t length) {
  return fmt::format(
      "PATCH {} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {}\r\n"
      "Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
      chunk_path(session, index), offset, length);
}

struct method {
  const char* name;
  const char* threads;
};

/// That the kernel has a request's bytes does not mean that the server has looked at them: one it reads late takes the
/// chunk over from whoever came meanwhile, as it may.
void wait_for_writer(tus_client& client) {
  const auto until = steady::now() + raw_client::patience;
  while (client.request("GET", "/metrics").body.find("\nwaveforge_bodies_arriving 1\n") == std::string::npos) {
    if (steady::now() > until) throw std::runtime_error{"the server does not begin to take the body"};
    std::this_thread::sleep_for(100us);
  }
}

class takeover : public testing::TestWithParam<method> {};

TEST_P(takeover, is_quick_and_true) {
  const bool by_head = std::string{GetParam().name} == "HEAD";
  const material all{chunk_bytes};
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0", "--threads", GetParam().threads}}};
  tus_client client{server.port()};
  const std::string session = session_of(40);
  std::vector<steady::duration> times;
  // A few connections that stay, so that the newcomers are spread over the workers.
  std::vector<raw_client> others;
  for (int at = 0; at < 3; ++at) others.emplace_back(server.port());

  for (std::uint32_t index = 0; index < tries; ++index) {
    ASSERT_EQ(client.create(session, {index, chunk_bytes, chunk_bytes}).status, 201);
    raw_client dead{server.port()};
    dead.send(patch_head(session, index, 0, chunk_bytes));
    dead.send(all.part(0, first_part));
    while (dead.unacknowledged_bytes() != 0) std::this_thread::sleep_for(100us);
    wait_for_writer(client);

    raw_client second{server.port()};
    std::uint64_t offset = first_part;
    const auto began = steady::now();
    if (by_head) {
      second.send(
          fmt::format("HEAD {} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n\r\n", chunk_path(session, index)));
      const answer told = second.receive(true);
      times.push_back(steady::now() - began);
      ASSERT_EQ(told.status, 200);
      ASSERT_TRUE(told.upload_offset());
      offset = *told.upload_offset();
      ASSERT_LE(offset, first_part);
    } else {
      // Bytes that were still in the dead connection's socket may not count; then the answer says where to go on.
      second.send(patch_head(session, index, offset, chunk_bytes - offset));
      (void)second.try_send(all.part(offset, chunk_bytes));
      const answer got = second.receive();
      times.push_back(steady::now() - began);
      if (got.status == 204) {
        ASSERT_EQ(got.upload_offset(), chunk_bytes);
        continue;
      }
      ASSERT_EQ(got.status, 409) << got.body;
      offset = got.upload_offset().value_or(chunk_bytes);
      ASSERT_LT(offset, first_part);
    }
    const answer rest = client.patch(chunk_path(session, index), offset, all.part(offset, chunk_bytes));
    ASSERT_EQ(rest.status, 204) << "the offset that was told is not accepted: " << rest.body;
    ASSERT_EQ(rest.upload_offset(), chunk_bytes);
    ASSERT_TRUE(dead.closed_within(5s)) << "the displaced connection stays open";
  }
  std::sort(times.begin(), times.end());
  const auto p99 = times[tries * 99 / 100 - 1];
  const double p99_ms = std::chrono::duration<double, std::milli>(p99).count();
  RecordProperty("p99_ms", std::to_string(p99_ms));
  fmt::print("[ takeover ] {} with {} threads: p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n", GetParam().name,
             GetParam().threads, std::chrono::duration<double, std::milli>(times[tries / 2]).count(), p99_ms,
             std::chrono::duration<double, std::milli>(times.back()).count());
  EXPECT_LT(p99, allowed);

  const std::string total = fmt::format("{{\"total_chunks\":{}}}", tries);
  (void)client.request("POST", "/files/" + session + "/assemble", "Content-Type: application/json\r\n",
                       std::as_bytes(std::span{total}));
  client.wait_for_state(session, "assembled");
  sha256 wanted;
  for (int at = 0; at < tries; ++at) wanted.add(all.bytes);
  EXPECT_EQ(client.recording_sha256(session), wanted.hex());
}

INSTANTIATE_TEST_SUITE_P(
    by, takeover, testing::Values(method{"HEAD", "1"}, method{"HEAD", "2"}, method{"PATCH", "1"}, method{"PATCH", "2"}),
    [](const auto& one) { return fmt::format("{}_threads_{}", one.param.name, one.param.threads); });

TEST(takeover_body, a_displaced_body_with_a_checksum_leaves_nothing) {
  const material all{chunk_bytes};
  const temp_dir data;
  server_process server{{data.path(), {}}};
  tus_client client{server.port()};
  ASSERT_EQ(client.create(session_of(41), {0, chunk_bytes}).status, 201);
  raw_client dead{server.port()};
  std::string head = patch_head(session_of(41), 0, 0, chunk_bytes);
  head.insert(head.size() - 2, "Upload-Checksum: sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n");
  dead.send(head);
  dead.send(all.part(0, first_part));
  wait_for_writer(client);
  EXPECT_EQ(client.head(chunk_path(session_of(41), 0)).upload_offset(), 0U);
  EXPECT_EQ(client.patch(chunk_path(session_of(41), 0), 0, all.bytes).status, 204);
  EXPECT_TRUE(dead.closed_within(5s));
}

}  // namespace
}  // namespace wf::test
