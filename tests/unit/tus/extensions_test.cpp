// Checksum and Concatenation: values taken apart and judged.
#include <gtest/gtest.h>

#include <string>

#include "support/guard_page.hpp"
#include "waveforge/http/head_parser.hpp"
#include "waveforge/tus/checksum.hpp"
#include "waveforge/tus/concat.hpp"

namespace wf::tus {
namespace {

template <typename Check>
auto with_fields(std::string_view lines, Check check) {
  const std::string text = "PATCH / HTTP/1.1\r\nHost: a\r\n" + std::string{lines} + "\r\n";
  http::head_parser parser;
  EXPECT_EQ(parser.parse(text), http::progress::done);
  return check(parser.head().fields());
}

result<checksum_plan> plan(std::string_view lines, bool chunked = false) {
  return with_fields(lines, [chunked](const http::field_list& fields) { return plan_checksum(fields, chunked); });
}

TEST(checksum, reads_every_algorithm) {
  const std::tuple<std::string_view, checksum_algorithm, std::size_t> rows[] = {
      {"sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", checksum_algorithm::sha1, 20},
      {"sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", checksum_algorithm::sha256, 32},
      {"md5 1B2M2Y8AsgTpgAmY7PhCfg==", checksum_algorithm::md5, 16},
      {"crc32 AAAAAA==", checksum_algorithm::crc32, 4}};
  for (const auto& [value, algorithm, size] : rows) {
    const test::guarded_bytes guarded{value};
    const auto sent = parse_upload_checksum(guarded.view());
    ASSERT_TRUE(sent) << value;
    EXPECT_EQ(sent->algorithm, algorithm);
    EXPECT_EQ(sent->digest.size(), size);
    EXPECT_EQ(digest_bytes(algorithm), size);
    EXPECT_TRUE(value.starts_with(name_of(algorithm)));
  }
}

TEST(checksum, refuses_malformed_values) {
  for (const std::string_view value : {"", "sha1", "sha1 ", " sha1 AAAA", "sha1  AAAA", "SHA1 AAAA", "sha512 AAAA",
                                       "sha1 AAA", "sha1 AAAA AAAA", "sha1,AAAA", "sha1 AAA-"}) {
    const auto sent = parse_upload_checksum(value);
    if (value == "sha1 ") {
      // Nothing is the base64 of nothing: a digest of another length, which cannot match.
      ASSERT_TRUE(sent);
      EXPECT_EQ(judge_checksum(*sent, std::string(20, 'x')).error().code, errc::checksum_mismatch);
      continue;
    }
    ASSERT_FALSE(sent) << value;
    EXPECT_EQ(sent.error().code, errc::bad_request);
  }
  EXPECT_NE(parse_upload_checksum("sha512 AAAA").error().detail.find("sha256"), std::string::npos);
}

TEST(checksum, compares) {
  const checksum sent{checksum_algorithm::crc32, "\x01\x02\x03\x04"};
  EXPECT_TRUE(judge_checksum(sent, "\x01\x02\x03\x04"));
  const auto other = judge_checksum(sent, "\x01\x02\x03\xff");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, errc::checksum_mismatch);
  EXPECT_EQ(other.error().detail, "The body has crc32 010203ff, Upload-Checksum says 01020304.");
}

TEST(checksum, comes_as_header_or_trailer) {
  EXPECT_EQ(plan("")->source, checksum_source::none);
  EXPECT_EQ(plan("Upload-Checksum: crc32 AAAAAA==\r\n")->source, checksum_source::header);
  EXPECT_EQ(plan("Trailer: Upload-Checksum\r\n", true)->source, checksum_source::trailer);
  EXPECT_EQ(plan("Trailer: X, upload-checksum\r\n", true)->source, checksum_source::trailer);
  EXPECT_EQ(plan("Trailer: X\r\n", true)->source, checksum_source::none);
  EXPECT_EQ(plan("Trailer: Upload-Checksum\r\n", false).error().code, errc::bad_request);
  EXPECT_EQ(plan("Trailer: Upload-Checksum\r\nUpload-Checksum: crc32 AAAAAA==\r\n", true).error().code,
            errc::bad_request);
  EXPECT_EQ(plan("Upload-Checksum: crc32 AAAAAA==\r\nUpload-Checksum: crc32 AAAAAA==\r\n").error().code,
            errc::bad_request);
  EXPECT_EQ(plan("Upload-Checksum: crc32\r\n").error().code, errc::bad_request);
}

TEST(checksum, must_come_when_it_was_announced) {
  const auto read = [](std::string_view lines) {
    return with_fields(lines, [](const http::field_list& fields) { return read_checksum_trailer(fields); });
  };
  EXPECT_EQ(read("Upload-Checksum: md5 AAAA\r\n")->algorithm, checksum_algorithm::md5);
  EXPECT_EQ(read("").error().code, errc::bad_request);
  EXPECT_EQ(read("Upload-Checksum: x\r\n").error().code, errc::bad_request);
}

TEST(concat, reads_partial_and_final) {
  EXPECT_EQ(parse_upload_concat("partial")->role, upload_role::partial);
  const auto joined = parse_upload_concat("final;/tus/a https://x/tus/b  /tus/a");
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->role, upload_role::final_);
  EXPECT_EQ(joined->urls, (std::vector<std::string_view>{"/tus/a", "https://x/tus/b", "/tus/a"}));
  for (const std::string_view value :
       {"", "Partial", "partial;", "final", "final;", "final; ", "final /tus/a", "first;/tus/a"}) {
    const auto request = parse_upload_concat(value);
    ASSERT_FALSE(request) << value;
    EXPECT_EQ(request.error().code, errc::bad_request);
  }
}

TEST(concat, finds_the_id_in_a_url) {
  for (const std::string_view url : {"/tus/Ab_-9", "https://host/tus/Ab_-9", "HTTP://[::1]:8/tus/Ab_-9", "Ab_-9"}) {
    EXPECT_EQ(upload_id_from_url(url, "/tus/"), "Ab_-9") << url;
  }
  for (const std::string_view url : {"",
                                     "/",
                                     "/tus",
                                     "/tus/",
                                     "/tus/a/b",
                                     "/tus/../a",
                                     "/files/a",
                                     "../a",
                                     "./a",
                                     "a/b",
                                     "/tus/a?b",
                                     "/tus/a#b",
                                     "/tus/a%41",
                                     "//host/tus/a",
                                     "https://host",
                                     "https:///tus/a",
                                     "https://u@host/tus/a",
                                     "https://host/files/a",
                                     "ftp://host/tus/a",
                                     "/TUS/a",
                                     "https://host/a",
                                     "/tus/a."}) {
    EXPECT_EQ(upload_id_from_url(url, "/tus/"), std::nullopt) << url;
  }
  EXPECT_EQ(upload_id_from_url(std::string(64, 'a'), "/tus/"), std::string(64, 'a'));
  EXPECT_EQ(upload_id_from_url(std::string(65, 'a'), "/tus/"), std::nullopt);
}

TEST(concat, judges_the_parts) {
  constexpr upload_state done{.role = upload_role::partial, .offset_bytes = 5, .length_bytes = 5};
  constexpr upload_state open{.role = upload_role::partial, .offset_bytes = 2, .length_bytes = 7};
  constexpr upload_state deferred{.role = upload_role::partial, .offset_bytes = 2};
  constexpr upload_state single{.offset_bytes = 5, .length_bytes = 5};
  constexpr upload_state gone{.where = presence::expired, .role = upload_role::partial};
  const auto judge = [](std::vector<upload_state> parts, bool unfinished = false,
                        std::optional<std::uint64_t> most = {}) { return judge_concat(parts, unfinished, most); };
  EXPECT_EQ(judge({done, done}).verdict, concat_verdict::join);
  EXPECT_EQ(judge({done, done}).length_bytes, 10U);
  EXPECT_EQ(judge({done, open}).verdict, concat_verdict::part_unfinished);
  EXPECT_EQ(judge({done, open}).part, 1U);
  EXPECT_EQ(judge({done, open}, true).verdict, concat_verdict::join_later);
  EXPECT_EQ(judge({done, open}, true).length_bytes, 12U);
  EXPECT_EQ(judge({deferred, done}, true).verdict, concat_verdict::join_later);
  EXPECT_EQ(judge({deferred, done}, true).length_bytes, std::nullopt);
  EXPECT_EQ(judge({done, single, gone}).verdict, concat_verdict::part_not_partial);
  EXPECT_EQ(judge({gone, single}, true).verdict, concat_verdict::part_missing);
  EXPECT_EQ(judge({done, done}, false, 10).verdict, concat_verdict::join);
  EXPECT_EQ(judge({done, done}, false, 9).verdict, concat_verdict::too_large);
  const upload_state huge{.role = upload_role::partial, .offset_bytes = INT64_MAX, .length_bytes = INT64_MAX};
  EXPECT_EQ(judge({huge, huge, huge}).verdict, concat_verdict::too_large);
}

TEST(concat, explains) {
  const std::pair<concat_verdict, errc> all[] = {{concat_verdict::part_missing, errc::bad_request},
                                                 {concat_verdict::part_not_partial, errc::bad_request},
                                                 {concat_verdict::part_unfinished, errc::bad_request},
                                                 {concat_verdict::too_large, errc::too_large}};
  for (const auto& [verdict, code] : all) {
    const error why = explain(concat_plan{verdict, 2, std::nullopt});
    EXPECT_EQ(why.code, code);
    EXPECT_NE(why.detail.find("part 3"), std::string::npos) << why.detail;
  }
  EXPECT_EQ(explain(concat_plan{}).code, errc::internal);
}

}  // namespace
}  // namespace wf::tus
