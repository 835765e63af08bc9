// Bad input gets its status and a sentence, changes nothing, and the next request on a new connection works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/scene.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class bad_input : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data = std::make_unique<temp_dir>();
    server = std::make_unique<server_process>(
        server_process::setup{data->path(), {"--session-rate", "0", "--max-chunk-size", "1MiB"}});
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(server->stop(), 0) << server->log();
    server.reset();
    data.reset();
  }
  void SetUp() override {
    tus_client client{server->port()};
    ASSERT_EQ(client.create(session_of(30), {0, 100, 100}).status, 201);
    before = client.head(chunk_path(session_of(30), 0)).upload_offset().value_or(999);
  }
  // Whatever was sent: the server lives, and the good chunk is as it was.
  void TearDown() override {
    tus_client client{server->port()};
    EXPECT_EQ(client.request("GET", "/health").status, 200);
    EXPECT_EQ(client.head(chunk_path(session_of(30), 0)).upload_offset(), before);
  }

  static void expect(const std::string& request, int status, bool sentence = true) {
    SCOPED_TRACE(request.substr(0, 200));
    raw_client client{server->port()};
    client.send(request);
    const answer got = client.receive(request.starts_with("HEAD "));
    EXPECT_EQ(got.status, status) << got.body;
    if (!sentence) return;
    EXPECT_THAT(got.field("Content-Type").value_or(""), testing::HasSubstr("application/problem+json"));
    EXPECT_THAT(got.body, testing::ContainsRegex("\"detail\" ?: ?\"[^\"]{5,}"));
  }
  static std::string post(const std::string& session, const std::string& fields) {
    return "POST /files/" + session + "/chunks/ HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n" + fields +
           "Content-Length: 0\r\n\r\n";
  }
  static std::string patch(const std::string& fields, const std::string& body, const std::string& index = "0") {
    return "PATCH /files/" + session_of(30) + "/chunks/" + index + " HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n" +
           fields + fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
  }

  static inline std::unique_ptr<temp_dir> data;
  static inline std::unique_ptr<server_process> server;
  std::uint64_t before{0};
};

const std::string good_type = "Content-Type: application/offset+octet-stream\r\n";
const std::string index_0 = "Upload-Metadata: chunkIndex MA==\r\n";

TEST_F(bad_input, creation) {
  const std::string sid = session_of(31);
  expect(post(sid, index_0), 400);
  expect(post(sid, index_0 + "Upload-Length: 5\r\nUpload-Defer-Length: 1\r\n"), 400);
  for (const char* length : {"-1", "+1", "1.5", "abc", "", "0x10", "99999999999999999999"}) {
    expect(post(sid, index_0 + "Upload-Length: " + length + "\r\n"), 400);
  }
  expect(post(sid, "Upload-Length: 5\r\n"), 400);
  expect(post(sid, "Upload-Length: 5\r\nUpload-Metadata: chunkIndex MDo=\r\n"), 400);
  expect(post(sid, "Upload-Length: 5\r\nUpload-Metadata: chunkIndex MTAwMDAwMDAwMA==\r\n"), 400);
  expect(post(sid, "Upload-Length: 5\r\nUpload-Metadata: chunkIndex ===\r\n"), 400);
  expect(post(sid, "Upload-Length: 5\r\nUpload-Metadata: chunkIndex MA==,chunkIndex MA==\r\n"), 400);
  expect(post(sid, "Upload-Length: 5\r\nUpload-Metadata: chunkIndex NQ==,totalChunks NQ==\r\n"), 400);
  expect(post(sid, index_0 + "Upload-Length: 1048577\r\n"), 413);
}

TEST_F(bad_input, ids_that_are_not_ids) {
  for (const char* sid :
       {"abc", "..", "%2e%2e", "12345678-1234-1234-1234-12345678901", "12345678-1234-1234-1234-1234567890123",
        "12345678-1234-1234-1234-12345678901g", ".facts", "%00"}) {
    expect(post(sid, index_0 + "Upload-Length: 5\r\n"), 400);
  }
  for (const char* path : {"/files/../../etc/passwd", "/../etc/passwd", "/files/%2e%2e/%2e%2e/etc/passwd"}) {
    raw_client client{server->port()};
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path));
    EXPECT_THAT(client.receive().status, testing::AnyOf(400, 404)) << path;
  }
}

TEST_F(bad_input, patches) {
  expect(patch(good_type, "x"), 400);
  for (const char* offset : {"-1", "+0", "0.0", "x", "", "99999999999999999999"}) {
    expect(patch(good_type + "Upload-Offset: " + offset + "\r\n", "x"), 400);
  }
  expect(patch(good_type + "Upload-Offset: 1\r\n", "x"), 409);
  expect(patch(good_type + "Upload-Offset: 100\r\n", "x"), 409);
  expect(patch("Upload-Offset: 0\r\n", "x"), 415);
  expect(patch("Content-Type: text/plain\r\nUpload-Offset: 0\r\n", "x"), 415);
  expect(patch(good_type + "Upload-Offset: 0\r\n", std::string(101, 'x')), 413);
  expect(patch(good_type + "Upload-Offset: 0\r\n", "x", "7"), 404);
  expect(patch(good_type + "Upload-Offset: 0\r\n", "x", "1000000"), 400);
  expect(patch(good_type + "Upload-Offset: 0\r\n", "x", "00"), 400);
  expect(patch(good_type + "Upload-Offset: 0\r\n", "x", "-1"), 400);
}

TEST_F(bad_input, a_wrong_offset_is_told_the_right_one) {
  raw_client client{server->port()};
  client.send(patch(good_type + "Upload-Offset: 7\r\n", "x"));
  const answer got = client.receive();
  EXPECT_EQ(got.status, 409);
  EXPECT_EQ(got.upload_offset(), 0U);
}

TEST_F(bad_input, a_body_past_the_length_is_refused_before_it_is_sent) {
  raw_client client{server->port()};
  client.send(
      fmt::format("PATCH {} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n{}Upload-Offset: 0\r\n"
                  "Content-Length: 100000000\r\n\r\n",
                  chunk_path(session_of(30), 0), good_type));
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(bad_input, no_version) {
  expect("HEAD /files/" + session_of(30) + "/chunks/0 HTTP/1.1\r\nHost: x\r\n\r\n", 412, false);
}

TEST_F(bad_input, garbage) {
  for (const std::string& bytes :
       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not a request\r\n\r\n"s, "GET\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"s, "GET / HTTP/1.1\r\n\r\n"s, "GET / HTTP/1.1\nHost: a\n\n"s,
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s}) {
    raw_client client{server->port()};
    client.send(bytes);
    EXPECT_EQ(client.receive().status, 400);
    EXPECT_TRUE(client.closed_within(5s));
  }
  raw_client client{server->port()};
  client.send("GET / HTTP/2.0\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive().status, 505);
  raw_client unknown{server->port()};
  unknown.send("BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(unknown.receive().status, 501);
}

}  // namespace
}  // namespace wf::test
