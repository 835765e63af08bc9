// Whole sessions: status, assembly, the recording and its ranges, removal, the operator's list, the probes.
#include "support/api_fixture.hpp"

namespace wf::test {
namespace {

class sessions : public api_fixture {
 public:
  /// A chunk with its bytes in one request.
  answer put(std::string_view index, std::string body, std::string_view total = {}) {
    const std::string line = total.empty() ? metadata({{"chunkIndex", index}})
                                           : metadata({{"chunkIndex", index},
                                                       {"totalChunks", total},
                                                       {"recordingName", "Grüße \"1\".webm"},
                                                       {"format", "video/webm"}});
    const std::string length = std::to_string(body.size());
    return ask("POST " + in_session("/chunks/"),
               std::string{tus_line} + offset_type + "Upload-Length: " + length + "\r\n" + line, std::move(body));
  }
  answer status() { return ask("GET " + in_session("/status")); }
  answer assemble(std::string body = {}) { return ask("POST " + in_session("/assemble"), {}, std::move(body)); }
};

TEST_F(sessions, status_tells_everything) {
  put("0", "hello");
  create("2", 7);
  ask("PATCH " + in_session("/chunks/2"), std::string{tus_line} + offset_type + "Upload-Offset: 0\r\n", "abc");
  const answer got = status();
  EXPECT_EQ(got.status(), 200U);
  EXPECT_EQ(got.field("Content-Type"), "application/json");
  EXPECT_EQ(
      got.body,
      R"({"session_id":"0b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90","state":"open","total_chunks":null,)"
      R"("uploaded_chunks":1,"bytes_received":8,"assembled":false,"assembling":false,"progress":0.3333333333333333,)"
      R"("missing_chunks":[1,2],"partial_chunks":{"2":3},"recording_name":"","format":"",)"
      R"("created_at":"2026-03-04T00:00:00.000Z","updated_at":"2026-03-04T00:00:00.000Z",)"
      R"("expires_at":"2026-03-11T00:00:00.000Z","recording":null})");
}

TEST_F(sessions, an_unchanged_status_is_304) {
  put("0", "hello");
  const std::string etag = status().field("ETag");
  const answer same = ask("GET " + in_session("/status"), "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(same.status(), 304U);
  EXPECT_EQ(same.field("ETag"), etag);
  EXPECT_EQ(same.body, "");
  put("1", "more");
  EXPECT_EQ(ask("GET " + in_session("/status"), "If-None-Match: " + etag + "\r\n").status(), 200U);
}

TEST_F(sessions, the_last_byte_assembles_in_any_order) {
  put("2", "c", "3");
  put("0", "aaa");
  EXPECT_TRUE(status().says(R"("state":"sealed")"));
  put("1", "bb");
  EXPECT_TRUE(status().says(R"("state":"assembled")"));
  EXPECT_TRUE(status().says(R"("recording":{"size":6})"));
  EXPECT_EQ(ask("GET " + in_session("/recording")).body, "aaabbc");
}

TEST_F(sessions, assemble_without_a_total_takes_what_was_seen) {
  put("0", "aaa");
  put("1", "bb");
  const answer got = assemble();
  EXPECT_EQ(got.status(), 200U);
  EXPECT_TRUE(got.says(R"("status":"assembled")"));
  EXPECT_TRUE(got.says(R"("url":")" + in_session("/recording") + "\""));
  EXPECT_EQ(assemble().status(), 200U);
}

TEST_F(sessions, assemble_says_202_while_it_is_being_made) {
  data.assemble_at_once = false;
  put("0", "aaa");
  const answer got = assemble();
  EXPECT_EQ(got.status(), 202U);
  EXPECT_TRUE(got.says(R"("status":"assembling")"));
  data.finish_assembly(id_of());
  EXPECT_EQ(assemble().status(), 200U);
}

TEST_F(sessions, assemble_with_missing_chunks_is_409_with_the_list_and_changes_nothing) {
  put("0", "aaa");
  put("3", "d");
  const answer got = assemble();
  EXPECT_EQ(got.status(), 409U);
  EXPECT_TRUE(got.says(R"("missing_chunks":[1,2])")) << got.body;
  EXPECT_TRUE(got.says(R"("type":"chunks_missing")"));
  EXPECT_TRUE(assemble(R"({"total_chunks":6})").says(R"("missing_chunks":[1,2,4,5])"));
  EXPECT_TRUE(assemble(R"({"total_chunks":2})").says(R"("missing_chunks":[1])"));
  EXPECT_TRUE(status().says(R"("total_chunks":null)"));
}

TEST_F(sessions, an_explicit_total_replaces_an_earlier_one_and_drops_the_rest) {
  put("0", "aaa", "4");
  put("1", "bb");
  put("3", "d");
  EXPECT_EQ(assemble(R"({"total_chunks":2})").status(), 200U);
  EXPECT_EQ(ask("GET " + in_session("/recording")).body, "aaabb");
}

TEST_F(sessions, assemble_refuses_what_is_no_total) {
  put("0", "aaa");
  for (const char* bad : {"[]", "12", "{", R"({"total_chunks":0})", R"({"total_chunks":-1})", R"({"total_chunks":"2"})",
                          R"({"total_chunks":1.5})", R"({"total_chunks":1000001})"}) {
    EXPECT_EQ(assemble(bad).status(), 400U) << bad;
  }
  EXPECT_EQ(assemble(std::string(70'000, ' ')).status(), 413U);
  EXPECT_EQ(assemble(R"({"total_chunks":null,"note":1})").status(), 200U);
}

TEST_F(sessions, recording_has_safe_fields) {
  put("0", "hello", "1");
  const answer got = ask("GET " + in_session("/recording"));
  EXPECT_EQ(got.status(), 200U);
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(got.field("Content-Type"), "video/webm");
  EXPECT_EQ(got.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(got.field("Content-Security-Policy"), "default-src 'none'; sandbox");
  EXPECT_EQ(got.field("Accept-Ranges"), "bytes");
  EXPECT_TRUE(got.field("Content-Disposition").starts_with("attachment; "));
  EXPECT_TRUE(got.field("Content-Disposition").ends_with("filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.webm"))
      << got.field("Content-Disposition");
  EXPECT_TRUE(got.has("ETag"));
}

TEST_F(sessions, what_is_no_recording_is_not_called_one) {
  ask("POST " + in_session("/chunks/"),
      std::string{tus_line} + offset_type + "Upload-Length: 5\r\n" +
          metadata({{"chunkIndex", "0"}, {"totalChunks", "1"}, {"format", "text/html"}, {"recordingName", "a.html"}}),
      "<b>!!");
  EXPECT_EQ(ask("GET " + in_session("/recording")).field("Content-Type"), "application/octet-stream");
}

TEST_F(sessions, ranges_are_served_as_rfc_9110_says) {
  put("0", "0123456789", "1");
  const std::string etag = ask("HEAD " + in_session("/recording")).field("ETag");
  const struct {
    std::string fields;
    unsigned status;
    const char* range;
    const char* body;
  } cases[] = {
      {"Range: bytes=0-3\r\n", 206, "bytes 0-3/10", "0123"},
      {"Range: bytes=7-\r\n", 206, "bytes 7-9/10", "789"},
      {"Range: bytes=-2\r\n", 206, "bytes 8-9/10", "89"},
      {"Range: bytes=5-99\r\n", 206, "bytes 5-9/10", "56789"},
      {"Range: bytes=0-1,3-4\r\n", 200, "(none)", "0123456789"},
      {"Range: lines=0-1\r\n", 200, "(none)", "0123456789"},
      {"Range: bytes=2-3\r\nIf-Range: " + etag + "\r\n", 206, "bytes 2-3/10", "23"},
      {"Range: bytes=2-3\r\nIf-Range: \"other\"\r\n", 200, "(none)", "0123456789"},
      {"Range: bytes=2-3\r\nIf-Range: W/" + etag + "\r\n", 200, "(none)", "0123456789"},
      {"Range: bytes=2-3\r\nIf-Range: Wed, 11 Mar 2026 00:00:00 GMT\r\n", 200, "(none)", "0123456789"},
  };
  for (const auto& each : cases) {
    const answer got = ask("GET " + in_session("/recording"), each.fields);
    EXPECT_EQ(got.status(), each.status) << each.fields;
    EXPECT_EQ(got.field("Content-Range"), each.range) << each.fields;
    EXPECT_EQ(got.body, each.body) << each.fields;
    EXPECT_EQ(got.field("X-Content-Type-Options"), "nosniff") << each.fields;
  }
  const answer past = ask("GET " + in_session("/recording"), "Range: bytes=10-\r\n");
  EXPECT_EQ(past.status(), 416U);
  EXPECT_EQ(past.field("Content-Range"), "bytes */10");
  EXPECT_EQ(ask("HEAD " + in_session("/recording"), "Range: bytes=0-3\r\n").status(), 200U);
  EXPECT_EQ(ask("GET " + in_session("/recording"), "If-None-Match: " + etag + "\r\n").status(), 304U);
}

TEST_F(sessions, a_recording_that_is_not_there_is_404_and_one_that_was_410) {
  EXPECT_EQ(ask("GET " + in_session("/recording")).status(), 404U);
  put("0", "hello");
  EXPECT_EQ(ask("GET " + in_session("/recording")).status(), 404U);
  EXPECT_EQ(ask("DELETE " + in_session("")).status(), 204U);
  EXPECT_EQ(ask("GET " + in_session("/recording")).status(), 410U);
  EXPECT_EQ(ask("GET " + in_session("/status")).status(), 410U);
  EXPECT_EQ(assemble().status(), 410U);
  EXPECT_EQ(put("0", "hello").status(), 410U);
}

TEST_F(sessions, delete_takes_finished_recordings_too_and_cuts_a_running_patch) {
  create("0", 5);
  memory_body::shape how;
  how.hang_at = 3;
  memory_body slow{"hello", how};
  auto running = begin("PATCH " + in_session("/chunks/0"),
                       std::string{tus_line} + offset_type + "Upload-Offset: 0\r\nContent-Length: 5\r\n", slow);
  EXPECT_EQ(ask("DELETE " + in_session("")).status(), 204U);
  EXPECT_TRUE(finish(running).got.silent);
  EXPECT_EQ(ask("DELETE " + in_session("")).status(), 204U);
}

TEST_F(sessions, probes_answer_anybody) {
  peer = {.text = "203.0.113.9:1", .bytes = {}, .loopback = false};
  EXPECT_EQ(ask("GET /health").status(), 200U);
  EXPECT_EQ(ask("HEAD /health").status(), 200U);
  EXPECT_EQ(ask("GET /ready").status(), 200U);
  data.not_ready = error{errc::io_failed, "a sync failed", 5};
  const answer broken = ask("GET /ready");
  EXPECT_EQ(broken.status(), 503U);
  EXPECT_TRUE(broken.says("a sync failed"));
  EXPECT_EQ(ask("GET /health").status(), 200U);
}

TEST_F(sessions, a_server_that_stops_is_not_ready) {
  const std::atomic<bool> yes{true};
  draining = &yes;
  EXPECT_EQ(ask("GET /ready").status(), 503U);
}

TEST_F(sessions, version_and_metrics_are_told) {
  class two_lines final : public exposition {
   public:
    [[nodiscard]] std::string text() const override { return "a 1\nb 2\n"; }
  };
  const two_lines page;
  numbers = &page;
  set.software_version = "9.8.7";
  EXPECT_EQ(ask("GET /version").body, R"({"name":"waveforge","version":"9.8.7","tus":"1.0.0"})");
  EXPECT_EQ(ask("GET /metrics").body, "a 1\nb 2\n");
  EXPECT_EQ(ask("GET /metrics").field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(sessions, the_list_is_the_operators_and_comes_in_pages) {
  EXPECT_EQ(ask("GET /files").status(), 403U);  // nobody is the operator
}

TEST_F(sessions, the_operator_shows_the_token) {
  set.operator_token = "let me in";
  put("0", "hello");
  create("0", 5);
  ask("POST /files/1b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90/chunks/",
      std::string{tus_line} + "Upload-Length: 5\r\n" + metadata({{"chunkIndex", "0"}}));
  EXPECT_EQ(ask("GET /files").status(), 401U);
  EXPECT_EQ(ask("GET /files").field("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(ask("GET /files", "Authorization: Bearer let me\r\n").status(), 401U);
  EXPECT_EQ(ask("GET /files", "Authorization: Basic let me in\r\n").status(), 401U);
  const std::string token = "Authorization: bearer let me in\r\n";
  const answer all = ask("GET /files", token);
  EXPECT_EQ(all.status(), 200U);
  EXPECT_TRUE(all.says(R"("next":null)"));
  const answer first = ask("GET /files?limit=1", token);
  EXPECT_TRUE(first.says(R"("next":"0b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90")")) << first.body;
  const answer second = ask("GET /files?limit=1&after=0b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90", token);
  EXPECT_TRUE(second.says("1b5f1d0e-8f3c"));
  EXPECT_FALSE(second.says("0b5f1d0e-8f3c"));
  EXPECT_EQ(ask("GET /files?limit=0", token).status(), 400U);
}

TEST_F(sessions, pages_are_served_with_their_tag_and_in_the_form_asked_for) {
  static constexpr std::string_view plain{"<p>page"};
  static constexpr std::string_view packed{"gz"};
  pages = [](std::string_view path) -> std::optional<api::page> {
    if (path != "/") return std::nullopt;
    return api::page{"text/html", "no-cache", "\"tag\"", std::as_bytes(std::span{plain}),
                     std::as_bytes(std::span{packed})};
  };
  const answer got = ask("GET /");
  EXPECT_EQ(got.body, plain);
  EXPECT_EQ(got.field("Content-Type"), "text/html");
  EXPECT_EQ(got.field("Vary"), "Accept-Encoding");
  const answer small = ask("GET /", "Accept-Encoding: br, gzip\r\n");
  EXPECT_EQ(small.body, packed);
  EXPECT_EQ(small.field("Content-Encoding"), "gzip");
  EXPECT_EQ(small.field("ETag"), "W/\"tag\"");
  EXPECT_EQ(ask("GET /", "If-None-Match: \"tag\"\r\n").status(), 304U);
  EXPECT_EQ(ask("GET /", "If-None-Match: W/\"tag\"\r\n").status(), 304U);
  EXPECT_EQ(ask("POST /").status(), 405U);
  EXPECT_EQ(ask("GET /other").status(), 404U);
}

}  // namespace
}  // namespace wf::test
