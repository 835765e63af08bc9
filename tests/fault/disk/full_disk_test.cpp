// A disk of 64 MB that is full, at every stage of a recording: what cannot be stored is 507, what is stored stays
// readable, deleting works, and everything goes on by itself when there is room. A disk that cannot hold what it took
// (a sparse image on a full tmpfs) acknowledges nothing after the sync that said so.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <thread>

#include "e2e/scene.hpp"
#include "fault/support/loop_disk.hpp"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t disk_bytes = 64ULL << 20U;

/// Takes what is free, all but `left` bytes.
class filler {
 public:
  explicit filler(const loop_disk& disk) : path_{disk.at() / "filler"} {}
  ~filler() { give_back(); }
  filler(const filler&) = delete;
  filler& operator=(const filler&) = delete;
  void fill(std::uint64_t left) {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ASSERT_GE(fd, 0);
    // What was removed a moment ago gives its blocks back when the journal is committed.
    do {
      ::syncfs(fd);
    } while (take(fd, left));
    ::close(fd);
  }
  void give_back() {
    std::error_code ignored;
    fs::remove(path_, ignored);
    size_ = 0;
  }

 private:
  /// In ever smaller steps, until the last block is gone. False: there was none.
  bool take(int fd, std::uint64_t left) {
    const std::uint64_t before = size_;
    for (std::uint64_t step = 8ULL << 20U; step >= 4096;) {
      const std::uint64_t free = fs::space(path_).available;
      if (free <= left || free - left < step ||
          ::fallocate(fd, 0, static_cast<off_t>(size_), static_cast<off_t>(step)) != 0) {
        step /= 2;
      } else {
        size_ += step;
      }
    }
    return size_ > before;
  }

  fs::path path_;
  std::uint64_t size_{0};
};

class full_disk : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = no_loop_disks(file_system::ext4)) GTEST_SKIP() << *why;
    disk_ = std::make_unique<loop_disk>(file_system::ext4, home_.path() / "image", home_.path() / "mnt", disk_bytes);
    filler_ = std::make_unique<filler>(*disk_);
    server_ = std::make_unique<server_process>(server_process::setup{
        disk_->at() / "data", {"--session-rate", "0", "--threads", "1", "--min-free", "0%", "--durability", "chunk"}});
  }
  void TearDown() override {
    server_.reset();
    filler_.reset();
  }
  /// Asks until there is room: how much is free is looked at only so often.
  static answer until_taken(const std::function<answer()>& ask) {
    answer got;
    for (int tries = 0; tries < 400; ++tries) {
      got = ask();
      if (got.status < 400) break;
      std::this_thread::sleep_for(10ms);
    }
    return got;
  }
  /// A finished recording that must stay readable whatever happens.
  void put_witness(tus_client& client) {
    client.upload(session_of(1), {0, witness_.bytes.size(), witness_.bytes.size(), 1}, witness_.bytes, 100'000);
    client.wait_for_state(session_of(1), "assembled");
  }
  void expect_witness(tus_client& client) {
    EXPECT_EQ(client.recording_sha256(session_of(1)), witness_.sha256);
    EXPECT_EQ(client.status(session_of(1)).state, "assembled");
  }

  temp_dir home_{};
  std::unique_ptr<loop_disk> disk_{};
  std::unique_ptr<filler> filler_{};
  std::unique_ptr<server_process> server_{};
  material witness_{300'000, 99};
};

TEST_F(full_disk, before_a_creation) {
  tus_client client{server_->port()};
  put_witness(client);
  filler_->fill(0);
  std::this_thread::sleep_for(150ms);
  const material all{500'000};
  const tus_client::creation what{0, all.bytes.size(), all.bytes.size(), 1};
  const answer refused = client.create(session_of(2), what);
  EXPECT_EQ(refused.status, 507) << refused.body;
  expect_witness(client);
  filler_->give_back();
  ASSERT_EQ(until_taken([&] { return client.create(session_of(2), what); }).status, 201);
  ASSERT_EQ(client.patch(chunk_path(session_of(2), 0), 0, all.bytes).status, 204);
  client.wait_for_state(session_of(2), "assembled");
  EXPECT_EQ(client.recording_sha256(session_of(2)), all.sha256);
}

TEST_F(full_disk, in_the_middle_of_a_chunk) {
  tus_client client{server_->port()};
  put_witness(client);
  const material all{4'000'000};
  const std::string path = chunk_path(session_of(3), 0);
  ASSERT_EQ(client.create(session_of(3), {0, all.bytes.size(), all.bytes.size(), 1}).status, 201);
  ASSERT_EQ(client.patch(path, 0, all.part(0, 1'000'000)).status, 204);
  filler_->fill(0);
  std::this_thread::sleep_for(150ms);
  std::uint64_t offset = 1'000'000;
  for (int more = 0; more < 3; ++more) {
    const answer got = client.patch(path, offset, all.part(offset, 1'000'000));
    if (got.status != 204) {
      EXPECT_EQ(got.status, 507) << got.body;
    }
    const answer head = client.head(path);
    ASSERT_EQ(head.status, 200);
    ASSERT_GE(head.upload_offset().value_or(0), offset) << "HEAD fell behind what was acknowledged";
    offset = *head.upload_offset();
  }
  expect_witness(client);
  EXPECT_EQ(client.request("GET", "/health").status, 200);
  filler_->give_back();
  const answer last = until_taken([&] {
    const std::uint64_t at = client.head(path).upload_offset().value_or(0);
    return client.patch(path, at, all.part(at, all.bytes.size()));
  });
  ASSERT_EQ(last.status, 204);
  client.wait_for_state(session_of(3), "assembled");
  EXPECT_EQ(client.recording_sha256(session_of(3)), all.sha256);
}

TEST_F(full_disk, while_a_recording_is_put_together) {
  tus_client client{server_->port()};
  put_witness(client);
  // Of two lengths: it has to be copied, which needs as much room again.
  const material all{8'000'000};
  const std::array<std::uint64_t, 4> lengths{3'000'000, 1'000'001, 2'500'000, 1'499'999};
  std::uint64_t begin = 0;
  for (std::uint32_t index = 0; index < 4; ++index) {
    client.upload(session_of(4), {index, lengths[index]}, all.part(begin, lengths[index]), 1'000'000);
    begin += lengths[index];
  }
  filler_->fill(1'000'000);
  const std::string total = "{\"total_chunks\":4}";
  const answer asked = until_taken([&] {
    return client.request("POST", "/files/" + session_of(4) + "/assemble", "Content-Type: application/json\r\n",
                          std::as_bytes(std::span{total}));
  });
  EXPECT_EQ(asked.status, 202) << asked.body;
  std::this_thread::sleep_for(500ms);
  EXPECT_NE(client.status(session_of(4)).state, "assembled");
  for (std::uint32_t index = 0; index < 4; ++index) {
    EXPECT_THAT(client.head(chunk_path(session_of(4), index)).upload_offset(), testing::Optional(lengths[index]));
  }
  expect_witness(client);
  filler_->give_back();
  // By itself, or at the latest when it is asked for again.
  (void)until_taken([&] { return client.request("POST", "/files/" + session_of(4) + "/assemble"); });
  client.wait_for_state(session_of(4), "assembled");
  EXPECT_EQ(client.recording_sha256(session_of(4)), all.sha256);
}

TEST_F(full_disk, deleting_makes_room) {
  tus_client client{server_->port()};
  put_witness(client);
  const material all{4'000'000};
  client.upload(session_of(5), {0, all.bytes.size(), all.bytes.size(), 1}, all.bytes, 1'000'000);
  client.wait_for_state(session_of(5), "assembled");
  filler_->fill(0);
  std::this_thread::sleep_for(150ms);
  EXPECT_EQ(client.request("DELETE", "/files/" + session_of(5)).status, 204);
  EXPECT_EQ(client.status(session_of(5)).http_status, 410);
  const material next{2'000'000, 6};
  const tus_client::creation what{0, next.bytes.size(), next.bytes.size(), 1};
  ASSERT_EQ(until_taken([&] { return client.create(session_of(6), what); }).status, 201);
  ASSERT_EQ(until_taken([&] { return client.patch(chunk_path(session_of(6), 0), 0, next.bytes); }).status, 204);
  client.wait_for_state(session_of(6), "assembled");
  EXPECT_EQ(client.recording_sha256(session_of(6)), next.sha256);
  expect_witness(client);
}

TEST(lying_disk, a_sparse_image_on_a_full_tmpfs_acknowledges_nothing_after_the_failed_sync) {
  if (const auto why = no_loop_disks(file_system::ext4)) GTEST_SKIP() << *why;
  const temp_dir home;
  const fs::path small = home.path() / "tmpfs";
  fs::create_directory(small);
  ASSERT_EQ(::mount("none", small.c_str(), "tmpfs", 0, "size=24m"), 0);
  {
    loop_disk disk{file_system::ext4, small / "image", home.path() / "mnt", disk_bytes};
    server_process server{
        {disk.at() / "data", {"--session-rate", "0", "--threads", "1", "--min-free", "0%", "--durability", "chunk"}}};
    tus_client client{server.port()};
    const material all{1'000'000};
    bool failed = false;
    for (std::uint64_t number = 100; number < 160; ++number) {
      const std::string session = session_of(number);
      const bool acknowledged = client.create(session, {0, all.bytes.size(), all.bytes.size()}).status == 201 &&
                                client.patch(chunk_path(session, 0), 0, all.bytes).status == 204;
      EXPECT_FALSE(failed && acknowledged) << "session " << number << " was acknowledged after a failed sync";
      failed = failed || !acknowledged;
    }
    EXPECT_TRUE(failed) << "the disk took more than it has";
    EXPECT_EQ(client.request("GET", "/health").status, 200);
    server.kill();
  }
  EXPECT_EQ(::umount2(small.c_str(), 0), 0);
}

}  // namespace
}  // namespace wf::test
