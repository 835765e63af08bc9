// HEAD of something that exists is never 429 or 5xx: a client that gets those throws its upload URL away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "e2e/scene.hpp"

namespace wf::test {
namespace {

constexpr std::uint64_t chunk_bytes = 100'000;

void send_half(server_process& server, const std::string& session, const material& all) {
  tus_client client{server.port()};
  ASSERT_EQ(client.create(session, {0, chunk_bytes, chunk_bytes}).status, 201);
  ASSERT_EQ(client.patch(chunk_path(session, 0), 0, all.part(0, chunk_bytes / 2)).status, 204);
}

/// A file system in memory of this size, below a directory of its own. Needs root.
class small_disk {
 public:
  explicit small_disk(const char* size) {
    const std::string option = std::string{"size="} + size;
    mounted_ = ::mount("tmpfs", place_.path().c_str(), "tmpfs", 0, option.c_str()) == 0;
  }
  ~small_disk() {
    if (mounted_) (void)::umount2(place_.path().c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  [[nodiscard]] bool mounted() const noexcept { return mounted_; }
  [[nodiscard]] std::filesystem::path path() const { return place_.path(); }
  /// Takes every free byte.
  void fill() const {
    std::ofstream file{path() / "filler", std::ios::binary};
    const std::string piece(4096, 'x');
    while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
  }

 private:
  temp_dir place_{};
  bool mounted_{false};
};

TEST(head, under_the_rate_limit) {
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "1"}}};
  const material all{chunk_bytes};
  ASSERT_NO_FATAL_FAILURE(send_half(server, session_of(50), all));
  int refused = 0;
  // Creations in parallel, so that the second of delay each may get does not pace them.
  std::vector<raw_client> creators;
  for (std::uint32_t index = 1; index < 60; ++index) {
    creators.emplace_back(server.port());
    creators.back().send(
        fmt::format("POST /files/{}/chunks/ HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Length: "
                    "5\r\nUpload-Metadata: {}\r\n"
                    "Content-Length: 0\r\n\r\n",
                    session_of(50), metadata_of({index, 5})));
    tus_client client{server.port()};
    const answer got = client.head(chunk_path(session_of(50), 0));
    ASSERT_EQ(got.status, 200);
    ASSERT_EQ(got.upload_offset(), chunk_bytes / 2);
  }
  for (raw_client& one : creators) {
    const answer got = one.receive();
    if (got.status == 429) {
      ++refused;
      EXPECT_TRUE(got.field("Retry-After"));
    }
  }
  EXPECT_GT(refused, 0) << "the limit was never met, so nothing was shown";
}

TEST(head, with_not_a_byte_free) {
  const small_disk disk{"256m"};
  if (!disk.mounted()) GTEST_SKIP() << "a file system can be mounted by root only";
  const std::filesystem::path data = disk.path() / "data";
  server_process server{{data, {"--min-free", "0"}}};
  const material all{chunk_bytes};
  ASSERT_NO_FATAL_FAILURE(send_half(server, session_of(54), all));
  disk.fill();
  tus_client client{server.port()};
  const answer got = client.head(chunk_path(session_of(54), 0));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.upload_offset(), chunk_bytes / 2);
  EXPECT_EQ(client.status(session_of(54)).http_status, 200);
  const answer more = client.patch(chunk_path(session_of(54), 0), chunk_bytes / 2, all.part(chunk_bytes / 2, 10));
  EXPECT_TRUE(more.status == 204 || more.status == 507) << more.status;  // ballast may have made room
  const answer after = client.head(chunk_path(session_of(54), 0));
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(after.upload_offset(), chunk_bytes / 2 + (more.status == 204 ? 10 : 0));
  EXPECT_EQ(client.request("DELETE", "/files/" + session_of(54)).status, 204) << "deleting always works";
}

TEST(head, with_less_free_than_the_floor) {
  const temp_dir data;
  server_process server{{data.path(), {}}};
  const material all{chunk_bytes};
  ASSERT_NO_FATAL_FAILURE(send_half(server, session_of(51), all));
  ASSERT_EQ(server.stop(), 0);
  server.start_again({"--min-free", "99%"});
  tus_client client{server.port()};
  EXPECT_EQ(client.create(session_of(52), {0, 10}).status, 507);
  EXPECT_EQ(client.patch(chunk_path(session_of(51), 0), chunk_bytes / 2, all.part(chunk_bytes / 2, 10)).status, 507);
  const answer got = client.head(chunk_path(session_of(51), 0));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.upload_offset(), chunk_bytes / 2);
  EXPECT_EQ(client.status(session_of(51)).http_status, 200);
  EXPECT_EQ(client.request("DELETE", "/files/" + session_of(51)).status, 204) << "deleting always works";
}

TEST(head, of_a_damaged_session) {
  const temp_dir data;
  server_process server{{data.path(), {}}};
  const material all{chunk_bytes};
  ASSERT_NO_FATAL_FAILURE(send_half(server, session_of(53), all));
  ASSERT_EQ(server.stop(), 0);
  std::filesystem::remove_all(data.path() / session_of(53) / "chunks");
  server.start_again();
  tus_client client{server.port()};
  EXPECT_EQ(client.head(chunk_path(session_of(53), 0)).status, 423);
  EXPECT_EQ(client.status(session_of(53)).state, "damaged");
  EXPECT_EQ(client.patch(chunk_path(session_of(53), 0), chunk_bytes / 2, all.part(0, 1)).status, 500);
}

}  // namespace
}  // namespace wf::test
