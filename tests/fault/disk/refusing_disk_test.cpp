// A disk that has room and refuses all the same: a quota that is used up (507, everything stored readable, deleting
// makes room, goes on by itself), and a file system that became read-only under the running server (nothing more is
// acknowledged, everything stored readable, whole again after a restart).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "e2e/scene.hpp"
#include "fault/support/loop_disk.hpp"
#include "support/command.hpp"
#include "waveforge/base/units.hpp"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::vector<std::string> usual_flags() {
  return {"--session-rate", "0", "--threads", "1", "--min-free", "0%", "--durability", "chunk"};
}

/// A data dir of 48 MB. The kernels of test machines often come without quota for ext4 and XFS; btrfs has its own.
class quota : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = no_loop_disks(file_system::btrfs)) GTEST_SKIP() << *why;
    disk_ = std::make_unique<loop_disk>(file_system::btrfs, home_.path() / "image", home_.path() / "mnt", 1'024_MiB);
    const std::string data = (disk_->at() / "data").string();
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"btrfs", "quota", "enable", disk_->at().string()},
                                               {"btrfs", "subvolume", "create", data},
                                               {"btrfs", "qgroup", "limit", "48M", data}}) {
      const auto done = run_command(words);
      ASSERT_EQ(done.exit_code, 0) << done.err;
    }
    server_ = std::make_unique<server_process>(server_process::setup{data, usual_flags()});
    client_ = std::make_unique<tus_client>(server_->port());
    client_->upload(session_of(1), {0, witness_.bytes.size(), witness_.bytes.size(), 1}, witness_.bytes, 100'000);
    client_->wait_for_state(session_of(1), "assembled");
  }
  /// Sends chunk after chunk of `full_` until the quota takes no more; the status of the refusal.
  int fill() {
    for (chunk_ = 0; chunk_ < 60; ++chunk_) {
      const answer made = client_->create(full_, {chunk_, chunk_bytes, chunk_bytes});
      if (made.status != 201) return made.status;
      const answer got = client_->patch(chunk_path(full_, chunk_), 0, part_.bytes);
      if (got.status != 204) return got.status;
    }
    return 0;
  }
  void expect_witness() { EXPECT_EQ(client_->recording_sha256(session_of(1)), witness_.sha256); }

  temp_dir home_{};
  std::unique_ptr<loop_disk> disk_{};
  std::unique_ptr<server_process> server_{};
  std::unique_ptr<tus_client> client_{};
  material witness_{300'000, 99};
  static constexpr std::uint64_t chunk_bytes = 1'000'000;
  material part_{chunk_bytes, 5};
  std::string full_{session_of(2)};
  std::uint32_t chunk_{0};
};

TEST_F(quota, used_up_refuses_bytes_and_keeps_what_there_is) {
  ASSERT_EQ(fill(), 507) << server_->log();
  EXPECT_GT(chunk_, 5U);
  expect_witness();
  const std::string last = chunk_path(full_, chunk_ - 1);
  for (int more = 0; more < 20; ++more) {
    const answer got = client_->create(session_of(10 + static_cast<unsigned>(more)), {0, chunk_bytes});
    EXPECT_THAT(got.status, testing::AnyOf(201, 507)) << server_->log();
    if (got.status != 201) continue;
    const answer sent = client_->patch(chunk_path(session_of(10 + static_cast<unsigned>(more)), 0), 0, part_.bytes);
    EXPECT_THAT(sent.status, testing::AnyOf(204, 507)) << server_->log();
  }
  EXPECT_EQ(client_->request("GET", "/health").status, 200);
  EXPECT_EQ(client_->head(last).upload_offset(), chunk_bytes) << "HEAD fell behind what was acknowledged";
  // Taking away works, and then there is room again without anybody's help.
  EXPECT_EQ(client_->request("DELETE", "/files/" + full_).status, 204) << server_->log();
  const material small{2'000'000, 8};
  answer got;
  for (int tries = 0; tries < 400; ++tries) {
    got = client_->create(session_of(3), {0, small.bytes.size(), small.bytes.size(), 1});
    if (got.status < 400) got = client_->patch(chunk_path(session_of(3), 0), 0, small.bytes);
    if (got.status == 204) break;
    std::this_thread::sleep_for(20ms);
  }
  ASSERT_EQ(got.status, 204) << got.body << server_->log();
  client_->wait_for_state(session_of(3), "assembled");
  EXPECT_EQ(client_->recording_sha256(session_of(3)), small.sha256);
  expect_witness();
}

TEST_F(quota, used_up_survives_a_restart) {
  ASSERT_EQ(fill(), 507) << server_->log();
  server_->kill();
  server_->start_again();
  tus_client later{server_->port()};
  EXPECT_EQ(later.head(chunk_path(full_, chunk_ - 1)).upload_offset(), chunk_bytes) << server_->log();
  EXPECT_EQ(later.recording_sha256(session_of(1)), witness_.sha256);
  EXPECT_EQ(later.request("DELETE", "/files/" + full_).status, 204) << server_->log();
}

TEST(read_only, acknowledges_nothing_and_keeps_everything_readable) {
  if (const auto why = no_loop_disks(file_system::ext4)) GTEST_SKIP() << *why;
  const temp_dir home;
  loop_disk disk{file_system::ext4, home.path() / "image", home.path() / "mnt", 256_MiB};
  const material all{1'000'000};
  const std::string path = chunk_path(session_of(2), 0);
  {
    server_process server{{disk.at() / "data", usual_flags()}};
    tus_client client{server.port()};
    client.upload(session_of(1), {0, all.bytes.size(), all.bytes.size(), 1}, all.bytes, 300'000);
    client.wait_for_state(session_of(1), "assembled");
    // The first chunk is complete, which makes it a promise; the second is on its way.
    client.upload(session_of(2), {0, 400'000, 400'000}, all.part(0, 400'000), 400'000);
    ASSERT_EQ(client.create(session_of(2), {1, 400'000}).status, 201);
    disk.become_read_only();
    EXPECT_GE(client.patch(chunk_path(session_of(2), 1), 0, all.part(400'000, 400'000)).status, 500);
    EXPECT_GE(client.create(session_of(3), {0, 5}).status, 500);
    EXPECT_GE(client.request("DELETE", "/files/" + session_of(1)).status, 500);
    EXPECT_EQ(client.request("GET", "/ready").status, 503);
    EXPECT_EQ(client.request("GET", "/health").status, 200);
    EXPECT_EQ(client.recording_sha256(session_of(1)), all.sha256);
    EXPECT_EQ(client.head(path).upload_offset(), 400'000U);
    server.kill();
  }
  disk.mount_again();
  server_process server{{disk.at() / "data", usual_flags()}};
  tus_client client{server.port()};
  EXPECT_EQ(client.recording_sha256(session_of(1)), all.sha256);
  EXPECT_EQ(client.head(path).upload_offset(), 400'000U);
  EXPECT_EQ(client.head(chunk_path(session_of(2), 1)).upload_offset(), 0U);
  EXPECT_EQ(client.request("GET", "/ready").status, 200);
  ASSERT_EQ(client.patch(chunk_path(session_of(2), 1), 0, all.part(400'000, 400'000)).status, 204);
  ASSERT_EQ(client.create(session_of(2), {2, 200'000, {}, 3}).status, 201);
  ASSERT_EQ(client.patch(chunk_path(session_of(2), 2), 0, all.part(800'000, 200'000)).status, 204);
  client.wait_for_state(session_of(2), "assembled");
  EXPECT_EQ(client.recording_sha256(session_of(2)), all.sha256);
}

}  // namespace
}  // namespace wf::test
