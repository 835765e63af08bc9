// Response heads: their exact bytes, and what is refused rather than sent.
#include "waveforge/http/head_writer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "support/guard_page.hpp"
#include "waveforge/http/problem.hpp"

namespace wf::http {
namespace {

TEST(head_writer, writes_into_a_buffer) {
  std::array<char, 256> buffer{};
  head_writer writer{buffer};
  writer.begin(status::no_content)
      .field("Upload-Offset", std::uint64_t{18446744073709551615U})
      .field("Tus-Resumable", "1.0.0");
  const auto head = writer.no_body().connection(true, 1).finish();
  ASSERT_TRUE(head);
  EXPECT_EQ(*head, "HTTP/1.1 204 No Content\r\nUpload-Offset: 18446744073709551615\r\nTus-Resumable: 1.0.0\r\n\r\n");
  EXPECT_EQ(head->data(), buffer.data());
}

TEST(head_writer, writes_onto_the_end_of_a_string) {
  std::string out = "before";
  head_writer writer{out};
  const auto head = writer.begin(status::ok).content_length(7).connection(false, 1).finish();
  ASSERT_TRUE(head);
  EXPECT_EQ(*head, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(out, "before" + std::string{*head});
}

TEST(head_writer, says_how_the_body_ends) {
  const auto write = [](status code, auto how) {
    std::string out;
    head_writer writer{out};
    writer.begin(code);
    how(writer);
    EXPECT_TRUE(writer.finish());
    return out.substr(out.find("\r\n") + 2);
  };
  EXPECT_EQ(write(status::created, [](head_writer& w) { w.no_body(); }), "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(write(status::no_content, [](head_writer& w) { w.no_body(); }), "\r\n");
  EXPECT_EQ(write(status::not_modified, [](head_writer& w) { w.content_length(5); }), "\r\n");
  EXPECT_EQ(write(status::continue_, [](head_writer& w) { w.no_body(); }), "\r\n");
  EXPECT_EQ(write(status::ok, [](head_writer& w) { w.chunked(); }), "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(write(status::ok, [](head_writer& w) { w.until_close().connection(false, 0); }),
            "Connection: close\r\n\r\n");
  EXPECT_EQ(write(status::ok, [](head_writer& w) { w.no_body().connection(true, 0); }),
            "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(head_writer, refuses_values_that_would_split_the_answer) {
  for (const std::string_view value :
       {std::string_view{"a\r\nSet-Cookie: x"}, std::string_view{"a\nb"}, std::string_view{"a\rb"},
        std::string_view{"a\0b", 3}, std::string_view{"\x7f"}}) {
    std::string out = "kept";
    head_writer writer{out};
    const auto head = writer.begin(status::ok).field("Location", value).no_body().finish();
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code, errc::internal);
    EXPECT_EQ(out, "kept");
  }
  std::string out;
  head_writer writer{out};
  EXPECT_FALSE(writer.begin(status::ok).field("Bad Name", "x").finish());
}

TEST(head_writer, never_writes_past_its_buffer) {
  std::string whole;
  head_writer measure{whole};
  ASSERT_TRUE(measure.begin(status::ok).field("A", "b").no_body().finish());
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const test::guarded_bytes guarded{std::string(size, '\0')};
    head_writer writer{std::span{reinterpret_cast<char*>(guarded.bytes().data()), size}};
    const auto head = writer.begin(status::ok).field("A", "b").no_body().finish();
    EXPECT_EQ(head.has_value(), size == whole.size());
    EXPECT_EQ(head.value_or(whole), whole);
  }
}

TEST(status, has_a_phrase_for_each) {
  EXPECT_EQ(reason_phrase(status::checksum_mismatch), "Checksum Mismatch");
  for (unsigned number = 100; number < 600; ++number) {
    const std::string_view phrase = reason_phrase(static_cast<status>(number));
    EXPECT_FALSE(phrase.empty());
  }
  EXPECT_EQ(reason_phrase(static_cast<status>(599)), "Unknown");
}

TEST(problem, is_json_with_the_members_of_the_rfc) {
  problem_writer problem{status::conflict, "offset_conflict", "Say \"7\"\n, not <5>."};
  problem.members().key("expected").value(7).key("list").begin_array().value(1U).value(2U).end_array();
  EXPECT_EQ(
      std::move(problem).finish(),
      R"({"type":"offset_conflict","title":"Conflict","status":409,"detail":"Say \"7\"\n, not \u003c5>.","expected":7,"list":[1,2]})");
  EXPECT_EQ((problem_writer{status::not_found, "", "x"}.finish()),
            R"({"type":"about:blank","title":"Not Found","status":404,"detail":"x"})");
}

}  // namespace
}  // namespace wf::http
