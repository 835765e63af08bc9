// A recording goes in through real sockets and comes out as one file with the same digest, whatever the order, number
// and lengths of its chunks, the layout, the way of writing and the level of durability.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "e2e/scene.hpp"
#include "support/command.hpp"
#include "waveforge/base/units.hpp"

namespace wf::test {
namespace {

std::filesystem::path recording_of(const temp_dir& data, const std::string& session) {
  return data.path() / session / "completed" / "recording.webm";
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file{path, std::ios::binary};
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// One chunk by curl as a person at a shell would send it: POST, and PATCHes of 512 KiB to where Location says.
void upload_chunk_by_curl(const server_process& server, const std::string& session, const tus_client::creation& what,
                          std::span<const std::byte> bytes, const std::filesystem::path& work) {
  const std::string url = server.url();
  const auto created = run_command({"curl", "-sS", "-D", "-", "-o", "/dev/null", "-X", "POST", "-H",
                                    "Tus-Resumable: 1.0.0", "-H", fmt::format("Upload-Length: {}", bytes.size()), "-H",
                                    "Upload-Metadata: " + metadata_of(what), url + "/files/" + session + "/chunks/"});
  ASSERT_EQ(created.exit_code, 0) << created.err;
  ASSERT_TRUE(created.out.starts_with("HTTP/1.1 201 ")) << created.out;
  const std::size_t at = created.out.find("Location: ");
  ASSERT_NE(at, std::string::npos) << created.out;
  const std::string location = created.out.substr(at + 10, created.out.find('\r', at) - at - 10);

  std::vector<std::string> words{"curl", "-sS"};
  std::string wanted;
  for (std::uint64_t offset = 0; offset < bytes.size(); offset += 512_KiB) {
    const auto piece = bytes.subspan(offset, std::min<std::uint64_t>(512_KiB, bytes.size() - offset));
    const std::filesystem::path file = work / fmt::format("piece-{}", offset);
    write_file(file, piece);
    if (offset != 0) words.emplace_back("--next");
    for (std::string word :
         {std::string{"-sS"}, std::string{"-X"}, std::string{"PATCH"}, std::string{"-H"},
          std::string{"Tus-Resumable: 1.0.0"}, std::string{"-H"}, fmt::format("Upload-Offset: {}", offset),
          std::string{"-H"}, std::string{"Content-Type: application/offset+octet-stream"}, std::string{"--data-binary"},
          "@" + file.string(), std::string{"-w"}, std::string{"%{http_code} %header{upload-offset}\n"},
          url + location}) {
      words.push_back(std::move(word));
    }
    wanted += fmt::format("204 {}\n", offset + piece.size());
  }
  const auto sent = run_command(words);
  ASSERT_EQ(sent.exit_code, 0) << sent.err;
  ASSERT_EQ(sent.out, wanted);
}

TEST(recording, a_file_sent_by_curl_in_random_order_is_written_once) {
  constexpr std::uint64_t size = 300'000'000 + 12'345;
  const material all{size};
  const temp_dir data;
  const temp_dir work;
  server_process server{{data.path(), {"--session-rate", "0"}}};
  const std::string session = session_of(1);
  const auto count = static_cast<std::uint32_t>((size + 1_MiB - 1) / 1_MiB);
  const std::uint64_t written_before = write_bytes_of(server.pid());
  const auto order = shuffled(count, 20);
  for (const std::uint32_t index : order) {
    const auto piece = all.part(index * 1_MiB, 1_MiB);
    tus_client::creation what{index, piece.size(), 1_MiB};
    if (index == order.back()) what.total_chunks = count;
    ASSERT_NO_FATAL_FAILURE(upload_chunk_by_curl(server, session, what, piece, work.path())) << "chunk " << index;
  }
  tus_client client{server.port()};
  client.wait_for_state(session, "assembled");
  EXPECT_EQ(sha256_of_file(recording_of(data, session)), all.sha256);
  const std::uint64_t written = write_bytes_of(server.pid()) - written_before;
  EXPECT_LE(static_cast<double>(written), 1.02 * static_cast<double>(size));
  RecordProperty("write_bytes_per_byte", std::to_string(static_cast<double>(written) / static_cast<double>(size)));

  const auto fetched = run_command(
      {"curl", "-sS", "-o", (work.path() / "fetched").string(), server.url() + "/files/" + session + "/recording"});
  ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_EQ(sha256_of_file(work.path() / "fetched"), all.sha256);
  EXPECT_TRUE(std::filesystem::exists(data.path() / session / "completed" / "recording.meta"));
  EXPECT_FALSE(std::filesystem::exists(data.path() / session / "chunks" / "segment"));
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(recording, fifteen_hundred_chunks) {
  for (const std::uint64_t chunk_bytes : {std::uint64_t{8192}, std::uint64_t{5000}}) {
    SCOPED_TRACE(chunk_bytes);
    const material all{1500 * chunk_bytes - 777};
    const temp_dir data;
    server_process server{{data.path(), {"--session-rate", "0"}}};
    tus_client client{server.port()};
    upload_all(client, session_of(2), all, chunk_bytes, shuffled(1500, 3), chunk_bytes);
    client.wait_for_state(session_of(2), "assembled");
    EXPECT_EQ(sha256_of_file(recording_of(data, session_of(2))), all.sha256);
    EXPECT_EQ(client.recording_sha256(session_of(2)), all.sha256);
  }
}

TEST(recording, irregular_chunks_go_to_shard_files_and_through_splice) {
  constexpr std::uint32_t count = 1'100;
  std::vector<std::uint64_t> offsets{0};
  for (std::uint32_t index = 0; index < count; ++index) {
    offsets.push_back(offsets.back() + 1 + load::mix(77, index) % 9000);
  }
  const material all{offsets.back()};
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0"}}};
  tus_client client{server.port()};
  const std::string session = session_of(3);
  for (const std::uint32_t index : shuffled(count, 4)) {
    const auto piece = all.part(offsets[index], offsets[index + 1] - offsets[index]);
    client.upload(session, {index, piece.size()}, piece, 4000);
  }
  const auto chunks = data.path() / session / "chunks";
  EXPECT_TRUE(std::filesystem::exists(chunks / "shard_0000")) << "no first shard directory";
  EXPECT_TRUE(std::filesystem::exists(chunks / "shard_0001")) << "no second shard directory";
  const std::string total = fmt::format("{{\"total_chunks\":{}}}", count);
  const answer asked = client.request("POST", "/files/" + session + "/assemble", "Content-Type: application/json\r\n",
                                      std::as_bytes(std::span{total}));
  EXPECT_THAT(asked.status, testing::AnyOf(200, 202)) << asked.body;
  client.wait_for_state(session, "assembled");
  EXPECT_EQ(sha256_of_file(recording_of(data, session)), all.sha256);
  EXPECT_EQ(client.recording_sha256(session), all.sha256);
  // The sources go after the recording was announced; a stop waits for that.
  EXPECT_EQ(server.stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(chunks / "shard_0001")) << "the sources are still there";
}

TEST(recording, layout_files) {
  const material all{64 * 100'000 - 5};
  const temp_dir data;
  server_process server{{data.path(), {"--session-rate", "0", "--layout", "files"}}};
  tus_client client{server.port()};
  std::vector<std::uint32_t> order = shuffled(64, 5);
  const std::uint32_t last = order.back();
  order.pop_back();
  for (const std::uint32_t index : order) {
    const auto piece = all.part(index * 100'000ULL, 100'000);
    client.upload(session_of(4), {index, piece.size(), 100'000}, piece, 30'000);
  }
  EXPECT_TRUE(std::filesystem::exists(data.path() / session_of(4) / "chunks" / "shard_0000" /
                                      fmt::format("{:06}.chunk", order.front())));
  EXPECT_FALSE(std::filesystem::exists(data.path() / session_of(4) / "chunks" / "segment"));
  const auto piece = all.part(last * 100'000ULL, 100'000);
  client.upload(session_of(4), {last, piece.size(), 100'000, 64}, piece, 30'000);
  client.wait_for_state(session_of(4), "assembled");
  EXPECT_EQ(sha256_of_file(recording_of(data, session_of(4))), all.sha256);
}

struct way {
  const char* durability;
  const char* write_mode;
  const char* layout;
};

class every_way : public testing::TestWithParam<way> {};

TEST_P(every_way, gives_the_same_bytes) {
  // 700,000 is not a multiple of a block, 512 KiB is: both kinds of edges meet direct writes.
  for (const std::uint64_t chunk_bytes : {std::uint64_t{524'288}, std::uint64_t{700'000}}) {
    SCOPED_TRACE(chunk_bytes);
    const material all{24 * chunk_bytes + 4321};
    const temp_dir data;
    server_process server{{data.path(),
                           {"--session-rate", "0", "--durability", GetParam().durability, "--write-mode",
                            GetParam().write_mode, "--layout", GetParam().layout}}};
    tus_client client{server.port()};
    upload_all(client, session_of(5), all, chunk_bytes, shuffled(25, 6), 200'000);
    client.wait_for_state(session_of(5), "assembled");
    EXPECT_EQ(client.recording_sha256(session_of(5)), all.sha256);
    EXPECT_EQ(sha256_of_file(recording_of(data, session_of(5))), all.sha256);
    EXPECT_EQ(server.stop(), 0) << server.log();
  }
}

std::vector<way> ways() {
  std::vector<way> all;
  for (const char* durability : {"none", "chunk", "patch"}) {
    for (const char* write_mode : {"auto", "direct", "splice", "buffered"}) {
      for (const char* layout : {"auto", "files"}) all.push_back(way{durability, write_mode, layout});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(recording, every_way, testing::ValuesIn(ways()), [](const auto& one) {
  return fmt::format("{}_{}_{}", one.param.durability, one.param.write_mode, one.param.layout);
});

}  // namespace
}  // namespace wf::test
