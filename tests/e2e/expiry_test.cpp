// What expires goes, bytes and all, says 410 while its tombstone stays and 404 afterwards; finished recordings stay.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "e2e/scene.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t chunk_bytes = 100'000;

class expiry : public testing::Test {
 protected:
  material all{2 * chunk_bytes};
  temp_dir data;

  [[nodiscard]] server_process::setup with(std::vector<std::string> flags) const {
    flags.insert(flags.end(), {"--session-rate", "0"});
    return {data.path(), std::move(flags)};
  }
  [[nodiscard]] bool on_disk(const std::string& session) const {
    return std::filesystem::exists(data.path() / session);
  }

  /// One chunk of two: nobody knows yet what becomes of it.
  void begin(tus_client& client, const std::string& session) {
    client.upload(session, {0, chunk_bytes, chunk_bytes}, all.part(0, chunk_bytes), chunk_bytes);
  }
  void finish(tus_client& client, const std::string& session) {
    begin(client, session);
    client.upload(session, {1, chunk_bytes, chunk_bytes, 2}, all.part(chunk_bytes, chunk_bytes), chunk_bytes);
    client.wait_for_state(session, "assembled");
  }
  /// The status code of `status` when it is at last `wanted`, else what it was after 40 s.
  static int becomes(tus_client& client, const std::string& session, int wanted) {
    int got = 0;
    for (int tries = 0; tries < 800 && got != wanted; ++tries) {
      if (tries > 0) std::this_thread::sleep_for(50ms);
      got = client.request("GET", "/files/" + session + "/status").status;
    }
    return got;
  }
};

TEST_F(expiry, an_unfinished_session_goes_and_a_finished_one_stays) {
  server_process server{with({"--expire-after", "5s"})};
  tus_client client{server.port()};
  const std::string unfinished = session_of(1);
  const std::string finished = session_of(2);
  finish(client, finished);
  begin(client, unfinished);
  EXPECT_TRUE(on_disk(unfinished));

  EXPECT_EQ(becomes(client, unfinished, 410), 410);
  EXPECT_EQ(client.head(chunk_path(unfinished, 0)).status, 410);
  EXPECT_EQ(client.create(unfinished, {1, chunk_bytes, chunk_bytes}).status, 410);
  // The tombstone is told before the bytes go, and goes itself later.
  EXPECT_EQ(becomes(client, unfinished, 404), 404);
  EXPECT_FALSE(on_disk(unfinished));

  EXPECT_EQ(becomes(client, finished, 200), 200);
  EXPECT_EQ(client.recording_sha256(finished), all.sha256);
}

TEST_F(expiry, every_byte_puts_it_off) {
  server_process server{with({"--expire-after", "4s"})};
  tus_client client{server.port()};
  const std::string session = session_of(3);
  ASSERT_EQ(client.create(session, {0, chunk_bytes, chunk_bytes}).status, 201);
  // A PATCH each half second for twice the time after which it would be gone.
  for (std::uint64_t offset = 0; offset < 16 * 1000; offset += 1000) {
    std::this_thread::sleep_for(500ms);
    ASSERT_EQ(client.patch(chunk_path(session, 0), offset, all.part(offset, 1000)).status, 204);
  }
  EXPECT_EQ(becomes(client, session, 410), 410);
}

TEST_F(expiry, goes_on_after_kill_9_and_covers_what_came_before) {
  const std::string session = session_of(4);
  {
    server_process server{with({"--expire-after", "2s"})};
    tus_client client{server.port()};
    begin(client, session);
    server.kill();
  }
  std::this_thread::sleep_for(2s);
  server_process server{with({"--expire-after", "2s"})};
  tus_client client{server.port()};
  EXPECT_EQ(becomes(client, session, 410), 410);
  EXPECT_EQ(becomes(client, session, 404), 404);
  EXPECT_FALSE(on_disk(session));
}

TEST_F(expiry, finished_recordings_go_when_the_operator_says_so_older_ones_too) {
  const std::string before = session_of(5);
  const std::string after = session_of(6);
  {
    server_process server{with({})};
    tus_client client{server.port()};
    finish(client, before);
    ASSERT_EQ(server.stop(), 0);
  }
  server_process server{with({"--expire-recordings", "4s"})};
  tus_client client{server.port()};
  finish(client, after);
  EXPECT_EQ(becomes(client, before, 410), 410);
  EXPECT_EQ(becomes(client, after, 410), 410);
  EXPECT_EQ(client.request("GET", "/files/" + after + "/recording").status, 410);
}

TEST_F(expiry, a_partial_upload_goes_though_it_is_whole) {
  server_process server{with({"--expire-after", "2s"})};
  tus_client client{server.port()};
  const answer made = client.request("POST", "/tus/",
                                     "Tus-Resumable: 1.0.0\r\nUpload-Length: 5\r\nUpload-Concat: partial\r\n"
                                     "Content-Type: application/offset+octet-stream\r\n",
                                     std::as_bytes(std::span{"hello", 5}));
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path{*made.field("Location")};
  int got = 200;
  for (int tries = 0; tries < 400 && got == 200; ++tries) {
    std::this_thread::sleep_for(50ms);
    got = client.head(path).status;
  }
  EXPECT_EQ(got, 410);
}

}  // namespace
}  // namespace wf::test
