// --digest: the digest of the finished recording is told by status and kept in recording.meta, and it is the right one.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <iterator>

#include "e2e/scene.hpp"
#include "waveforge/base/crc32c.hpp"

namespace wf::test {
namespace {

constexpr std::uint64_t chunk_bytes = 70'000;

class digest : public testing::Test {
 protected:
  material all{2 * chunk_bytes + 777};
  temp_dir data;
  const std::string session = session_of(1);

  /// Sends the recording to a server that computes `kind`; recording.meta.
  simdjson::dom::element manifest_with(const std::string& kind, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--session-rate", "0", "--digest", kind});
    server_process server{{data.path(), std::move(more)}};
    tus_client client{server.port()};
    for (const std::uint32_t index : {2U, 0U, 1U}) {
      const auto chunk = all.part(index * chunk_bytes, std::min(chunk_bytes, all.bytes.size() - index * chunk_bytes));
      client.upload(session, {index, chunk.size(), chunk_bytes, 3}, chunk, 30'000);
    }
    client.wait_for_state(session, "assembled");
    status_ = client.request("GET", "/files/" + session + "/status").body;
    EXPECT_EQ(server.stop(), 0);
    std::ifstream in{data.path() / session / "completed" / "recording.meta"};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    simdjson::dom::element parsed;
    EXPECT_EQ(parser_.parse(text).get(parsed), simdjson::SUCCESS) << text;
    return parsed;
  }
  std::string status_;
  simdjson::dom::parser parser_;
};

TEST_F(digest, sha256_of_the_whole) {
  const auto manifest = manifest_with("sha256");
  EXPECT_EQ(std::string_view{manifest["sha256"]}, all.sha256);
  EXPECT_NE(status_.find("\"sha256\":\"" + all.sha256 + "\""), std::string::npos) << status_;
}

TEST_F(digest, crc32c_of_each_chunk_also_when_they_are_files) {
  const auto manifest = manifest_with("crc32c", {"--layout", "files"});
  std::uint32_t index = 0;
  for (const simdjson::dom::element chunk : simdjson::dom::array{manifest["chunks"]}) {
    const std::uint64_t begin = index++ * chunk_bytes;
    const std::uint32_t sum = crc32c(0, all.part(begin, std::min(chunk_bytes, all.bytes.size() - begin)));
    EXPECT_EQ(std::string_view{chunk["crc32c"]}, fmt::format("{:08x}", sum)) << index;
  }
  EXPECT_EQ(index, 3U);
}

TEST_F(digest, none_unless_asked_for) {
  const auto manifest = manifest_with("none");
  EXPECT_NE(manifest["sha256"].error(), simdjson::SUCCESS);
  EXPECT_EQ(status_.find("sha256"), std::string::npos);
}

}  // namespace
}  // namespace wf::test
