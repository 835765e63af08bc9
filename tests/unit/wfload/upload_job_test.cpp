// A chunk's job sends what a careful tus client sends, resumes where HEAD says, and calls a lost byte lost.
#include "wfload/upload_job.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace wf::load {
namespace {

class upload_job_test : public testing::Test {
 protected:
  upload_job_test() {
    how.seed = 5;
    how.chunk_bytes = 1000;
    how.patch_bytes = 600;
    how.chunks_per_recording = 4;
    to.authority = "host:1";
  }
  upload_job make() {
    of = std::make_shared<const recording>(how, 2);
    text = std::make_unique<request_text>(how, to);
    return upload_job{how, *text, of, recording::next_chunk{3, true}};
  }
  static answer got(int status, std::optional<std::uint64_t> offset = {}, std::string location = {}) {
    answer out;
    out.status = status;
    out.upload_offset = offset;
    out.location = std::move(location);
    return out;
  }
  static const exchange& sent(const step& what) {
    static const exchange none{};
    EXPECT_TRUE(std::holds_alternative<exchange>(what));
    const auto* one = std::get_if<exchange>(&what);
    return one != nullptr ? *one : none;
  }
  static std::string why(const step& what) {
    const auto* one = std::get_if<failed>(&what);
    return one != nullptr ? one->why : "not failed";
  }

  options how;
  target to;
  std::shared_ptr<const recording> of;
  std::unique_ptr<request_text> text;
};

TEST_F(upload_job_test, creates_appends_and_is_done) {
  upload_job work = make();
  step now = work.next(nullptr);
  EXPECT_EQ(sent(now).head, "POST /files/" + of->name() +
                                "/chunks/ HTTP/1.1\r\nHost: host:1\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 1000\r\n"
                                "Upload-Metadata: chunkIndex Mw==,format YXVkaW8vd2VibQ==,chunkSize MTAwMA==,"
                                "totalChunks NA==\r\nContent-Length: 0\r\n\r\n");
  answer last = got(201, 0, "http://elsewhere:9/files/s/chunks/3");
  now = work.next(&last);
  EXPECT_EQ(sent(now).head,
            "PATCH /files/s/chunks/3 HTTP/1.1\r\nHost: host:1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
            "Content-Type: application/offset+octet-stream\r\nContent-Length: 600\r\n\r\n");
  EXPECT_EQ(sent(now).body.offset_bytes, 3000U);
  EXPECT_EQ(sent(now).body.length_bytes, 600U);
  last = got(204, 600);
  now = work.next(&last);
  EXPECT_EQ(sent(now).body.offset_bytes, 3600U);
  EXPECT_EQ(sent(now).body.length_bytes, 400U);
  EXPECT_EQ(work.take_acknowledged_bytes(), 600U);
  last = got(204, 1000);
  EXPECT_TRUE(std::holds_alternative<finished>(work.next(&last)));
  EXPECT_EQ(work.take_acknowledged_bytes(), 400U);
}

TEST_F(upload_job_test, a_short_acknowledgement_is_gone_on_from) {
  upload_job work = make();
  (void)work.next(nullptr);
  answer last = got(201, {}, "/c");
  (void)work.next(&last);
  last = got(204, 100);
  const step now = work.next(&last);
  EXPECT_EQ(sent(now).body.offset_bytes, 3100U);
  EXPECT_EQ(sent(now).body.length_bytes, 600U);
}

TEST_F(upload_job_test, without_retries_anything_unexpected_fails) {
  for (const auto& bad : {got(500), got(404), got(0), got(200)}) {
    upload_job work = make();
    (void)work.next(nullptr);
    EXPECT_TRUE(std::holds_alternative<failed>(work.next(&bad)));
  }
}

TEST_F(upload_job_test, offsets_no_server_may_tell_fail) {
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{601}}) {
    upload_job work = make();
    (void)work.next(nullptr);
    answer last = got(201, 0, "/c");
    (void)work.next(&last);
    last = got(204, offset);
    EXPECT_EQ(why(work.next(&last)).substr(0, 6), "patch:") << offset;
  }
}

TEST_F(upload_job_test, with_retries_a_broken_patch_is_resumed_from_head) {
  how.retries = 3;
  upload_job work = make();
  (void)work.next(nullptr);
  answer last = got(201, 0, "/c");
  (void)work.next(&last);
  last = got(204, 600);
  (void)work.next(&last);
  last = got(0);
  EXPECT_TRUE(std::holds_alternative<pause>(work.next(&last)));
  step now = work.next(nullptr);
  EXPECT_EQ(sent(now).which, kind::head);
  last = got(200, 850);
  now = work.next(&last);
  EXPECT_EQ(sent(now).body.offset_bytes, 3850U);
  EXPECT_EQ(sent(now).body.length_bytes, 150U);
  EXPECT_EQ(work.retries(), 1U);
  EXPECT_EQ(work.take_acknowledged_bytes(), 850U);
}

TEST_F(upload_job_test, an_offset_below_what_was_acknowledged_is_lost) {
  how.retries = 3;
  upload_job work = make();
  (void)work.next(nullptr);
  answer last = got(201, 0, "/c");
  (void)work.next(&last);
  last = got(204, 600);
  (void)work.next(&last);
  last = got(503);
  (void)work.next(&last);
  (void)work.next(nullptr);
  last = got(200, 599);
  EXPECT_EQ(why(work.next(&last)).substr(0, 5), "lost:");
}

TEST_F(upload_job_test, plain_tus_reads_back_and_deletes) {
  how.speak = protocol::tus;
  how.verify = true;
  how.remove = true;
  how.patch_bytes = 1000;
  upload_job work = make();
  EXPECT_EQ(sent(work.next(nullptr)).head.substr(0, 11), "POST /tus/ ");
  answer last = got(201, 0, "abc");
  EXPECT_EQ(sent(work.next(&last)).head.substr(0, 15), "PATCH /tus/abc ");
  last = got(204, 1000);
  const step now = work.next(&last);
  EXPECT_EQ(sent(now).head.substr(0, 13), "GET /tus/abc ");
  ASSERT_TRUE(sent(now).wanted);
  EXPECT_EQ(sent(now).wanted->offset_bytes, 3000U);
  last = got(200);
  last.body_bytes = 1000;
  EXPECT_EQ(sent(work.next(&last)).which, kind::remove);
  EXPECT_TRUE(work.compared());
  last = got(204);
  EXPECT_TRUE(std::holds_alternative<finished>(work.next(&last)));
}

TEST_F(upload_job_test, a_wrong_byte_and_a_wrong_length_are_mismatches) {
  how.speak = protocol::tus;
  how.verify = true;
  how.patch_bytes = 1000;
  for (const bool wrong_byte : {true, false}) {
    upload_job work = make();
    (void)work.next(nullptr);
    answer last = got(201, 0, "abc");
    (void)work.next(&last);
    last = got(204, 1000);
    (void)work.next(&last);
    last = got(200);
    last.body_bytes = wrong_byte ? 1000 : 999;
    if (wrong_byte) last.differs_at = 3005;
    EXPECT_EQ(why(work.next(&last)).substr(0, 9), "mismatch:");
  }
}

}  // namespace
}  // namespace wf::load
