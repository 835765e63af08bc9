// The chunks of a session by tus: POST, PATCH, HEAD and DELETE as the HTTP contract's table has them.
#include "support/api_fixture.hpp"

namespace wf::test {
namespace {

using session_chunks = api_fixture;

TEST_F(session_chunks, post_creates_and_says_where) {
  const answer made = create("0", 5);
  EXPECT_EQ(made.status(), 201U);
  EXPECT_EQ(made.field("Location"), in_session("/chunks/0"));
  EXPECT_EQ(made.field("Upload-Offset"), "0");
  EXPECT_EQ(made.field("Tus-Resumable"), "1.0.0");
  EXPECT_EQ(made.field("Upload-Expires"), "Wed, 11 Mar 2026 00:00:00 GMT");
}

TEST_F(session_chunks, a_session_that_does_not_expire_says_nothing_of_it) {
  data.expire_after.reset();
  EXPECT_FALSE(create("0", 5).has("Upload-Expires"));
}

TEST_F(session_chunks, location_is_absolute_behind_a_trusted_proxy_that_says_so) {
  set.trusted_proxies = {api::address_range::parse("::").value()};
  const answer made = create("0", 5, "X-Forwarded-Proto: https\r\nX-Forwarded-Host: rec.example\r\n");
  EXPECT_EQ(made.field("Location"), "https://rec.example" + in_session("/chunks/0"));
}

TEST_F(session_chunks, a_stranger_who_says_so_is_not_believed) {
  const answer made = create("0", 5, "X-Forwarded-Proto: https\r\nX-Forwarded-Host: rec.example\r\n");
  EXPECT_EQ(made.field("Location"), in_session("/chunks/0"));
}

struct refused_post {
  const char* why;
  std::string fields;
  unsigned status;
};

TEST_F(session_chunks, post_refuses_what_the_contract_names) {
  const std::string index = metadata({{"chunkIndex", "0"}});
  const std::string length = "Upload-Length: 5\r\n";
  const refused_post cases[] = {
      {"no length", index, 400},
      {"both lengths", length + "Upload-Defer-Length: 1\r\n" + index, 400},
      {"defer length of 2", "Upload-Defer-Length: 2\r\n" + index, 400},
      {"negative length", "Upload-Length: -1\r\n" + index, 400},
      {"signed length", "Upload-Length: +1\r\n" + index, 400},
      {"fraction", "Upload-Length: 1.5\r\n" + index, 400},
      {"letters", "Upload-Length: abc\r\n" + index, 400},
      {"empty", "Upload-Length:\r\n" + index, 400},
      {"past 63 bits", "Upload-Length: 9223372036854775808\r\n" + index, 400},
      {"length twice", length + length + index, 400},
      {"no chunkIndex", length, 400},
      {"chunkIndex of '0:'", length + "Upload-Metadata: chunkIndex MDo=\r\n", 400},
      {"leading zero", length + metadata({{"chunkIndex", "00"}}), 400},
      {"index over the limit", length + metadata({{"chunkIndex", "1000000000"}}), 400},
      {"bad base64", length + "Upload-Metadata: chunkIndex MA\r\n", 400},
      {"a key twice", length + "Upload-Metadata: chunkIndex MA==,chunkIndex MA==\r\n", 400},
      {"plain text metadata", length + "Upload-Metadata: chunkIndex=0\r\n", 400},
      {"index not below the total", length + metadata({{"chunkIndex", "3"}, {"totalChunks", "3"}}), 400},
      {"control character in the name", length + metadata({{"chunkIndex", "0"}, {"recordingName", "a\r\nb"}}), 400},
      {"longer than a chunk may be", "Upload-Length: 5242881\r\n" + index, 413},
      {"metadata over 1 KiB", length + metadata({{"chunkIndex", "0"}, {"note", std::string(900, 'x')}}), 431},
  };
  for (const refused_post& each : cases) {
    const answer got = ask("POST " + in_session("/chunks/"), tus_line + each.fields);
    EXPECT_EQ(got.status(), each.status) << each.why << ": " << got.body;
    EXPECT_EQ(got.field("Content-Type"), "application/problem+json") << each.why;
    EXPECT_EQ(got.field("Tus-Resumable"), "1.0.0") << each.why;
    EXPECT_FALSE(data.knows(id_of())) << each.why;
  }
}

TEST_F(session_chunks, ids_that_are_none_are_400_whatever_follows) {
  for (const char* bad : {"abc", "..", "0b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a9", "0b5f1d0e8f3c4e0a9d432f6f1c7b8a90",
                          "%2e%2e", "0b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a9g"}) {
    const std::string base = std::string{"/files/"} + bad;
    EXPECT_EQ(ask("GET " + base + "/status").status(), 400U) << bad;
    EXPECT_EQ(ask("HEAD " + base + "/chunks/0", tus_line).status(), 400U) << bad;
    EXPECT_EQ(ask("DELETE " + base).status(), 400U) << bad;
  }
  EXPECT_EQ(ask("HEAD " + in_session("/chunks/01"), tus_line).status(), 400U);
  EXPECT_EQ(ask("HEAD " + in_session("/chunks/1000000"), tus_line).status(), 400U);
}

TEST_F(session_chunks, upper_case_ids_are_the_same_session) {
  create("0", 5);
  EXPECT_EQ(ask("HEAD /files/0B5F1D0E-8F3C-4E0A-9D43-2F6F1C7B8A90/chunks/0", tus_line).status(), 200U);
}

TEST_F(session_chunks, tokens_are_ids_when_the_operator_says_so) {
  EXPECT_EQ(ask("GET /files/session_123/status").status(), 400U);
  set.id_format = session::id_format::token;
  EXPECT_EQ(ask("GET /files/session_123/status").status(), 404U);
}

TEST_F(session_chunks, post_of_the_same_chunk_is_201_again_with_what_is_there) {
  create("0", 5);
  patch("0", 0, "he");
  const answer again = create("0", 5);
  EXPECT_EQ(again.status(), 201U);
  EXPECT_EQ(again.field("Upload-Offset"), "2");
  EXPECT_EQ(again.field("Location"), in_session("/chunks/0"));
}

TEST_F(session_chunks, post_that_contradicts_is_409) {
  ask("POST " + in_session("/chunks/"), std::string{tus_line} + "Upload-Length: 5\r\n" +
                                            metadata({{"chunkIndex", "0"}, {"chunkSize", "5"}, {"totalChunks", "3"}}));
  EXPECT_EQ(create("0", 6).status(), 409U);
  const auto with = [&](std::string_view size, std::string_view total) {
    return ask("POST " + in_session("/chunks/"),
               std::string{tus_line} + "Upload-Length: 5\r\n" +
                   metadata({{"chunkIndex", "1"}, {"chunkSize", size}, {"totalChunks", total}}));
  };
  EXPECT_EQ(with("6", "3").status(), 409U);
  EXPECT_EQ(with("5", "4").status(), 409U);
  EXPECT_EQ(with("5", "3").status(), 201U);
}

TEST_F(session_chunks, metadata_of_a_repeat_changes_nothing_but_an_unknown_total) {
  create("0", 5);
  const std::string first = head("0").field("Upload-Metadata");
  const answer again = ask("POST " + in_session("/chunks/"),
                           std::string{tus_line} + "Upload-Length: 5\r\n" +
                               metadata({{"chunkIndex", "0"}, {"totalChunks", "2"}, {"recordingName", "late"}}));
  EXPECT_EQ(again.status(), 201U);
  EXPECT_EQ(head("0").field("Upload-Metadata"), first);
  EXPECT_TRUE(ask("GET " + in_session("/status")).says(R"("total_chunks":2)"));
  EXPECT_TRUE(ask("GET " + in_session("/status")).says(R"("recording_name":"")"));
}

TEST_F(session_chunks, post_on_a_full_disk_is_507) {
  data.room_bytes = 0;
  const answer got = create("0", 5);
  EXPECT_EQ(got.status(), 507U);
  EXPECT_TRUE(got.says(R"("type":"no_space")"));
}

TEST_F(session_chunks, a_length_of_zero_is_complete_at_once) {
  EXPECT_EQ(create("0", 0).status(), 201U);
  const answer got = head("0");
  EXPECT_EQ(got.field("Upload-Offset"), "0");
  EXPECT_EQ(got.field("Upload-Length"), "0");
}

TEST_F(session_chunks, creation_with_upload_takes_the_body) {
  const answer got =
      ask("POST " + in_session("/chunks/"),
          std::string{tus_line} + offset_type + "Upload-Length: 5\r\n" + metadata({{"chunkIndex", "0"}}), "hello");
  EXPECT_EQ(got.status(), 201U);
  EXPECT_EQ(got.field("Upload-Offset"), "5");
  EXPECT_EQ(data.bytes_of(id_of(), 0), "hello");
}

TEST_F(session_chunks, creation_with_upload_sent_again_is_compared) {
  const auto post = [&](std::string body) {
    return ask("POST " + in_session("/chunks/"),
               std::string{tus_line} + offset_type + "Upload-Length: 5\r\n" + metadata({{"chunkIndex", "0"}}),
               std::move(body));
  };
  EXPECT_EQ(post("he").field("Upload-Offset"), "2");
  EXPECT_EQ(post("hel").field("Upload-Offset"), "3");
  EXPECT_EQ(post("hex").status(), 409U);
  EXPECT_EQ(data.bytes_of(id_of(), 0), "hel");
  EXPECT_EQ(post("hello").field("Upload-Offset"), "5");
  EXPECT_EQ(post("hello").status(), 201U);
}

TEST_F(session_chunks, a_body_of_a_creation_obeys_the_rules_of_patch) {
  const auto post = [&](std::string_view more, std::string body) {
    return ask("POST " + in_session("/chunks/"),
               std::string{tus_line} + "Upload-Length: 5\r\n" + metadata({{"chunkIndex", "0"}}) + std::string{more},
               std::move(body));
  };
  EXPECT_EQ(post("Content-Type: text/plain\r\n", "hello").status(), 415U);
  EXPECT_EQ(post("", "hello").status(), 415U);
  EXPECT_EQ(post(offset_type, "hello!").status(), 413U);
  EXPECT_FALSE(data.knows(id_of()));
  EXPECT_EQ(post(std::string{offset_type} + "Upload-Checksum: sha1 AAAA\r\n", "hello").status(), 460U);
  EXPECT_EQ(data.bytes_of(id_of(), 0), "");
  EXPECT_EQ(post("Content-Type: text/plain\r\n", "").status(), 201U);
}

TEST_F(session_chunks, patch_appends_and_tells_the_new_offset) {
  create("0", 5);
  const answer first = patch("0", 0, "he");
  EXPECT_EQ(first.status(), 204U);
  EXPECT_EQ(first.field("Upload-Offset"), "2");
  EXPECT_TRUE(first.has("Upload-Expires"));
  EXPECT_EQ(first.field("Tus-Resumable"), "1.0.0");
  EXPECT_EQ(patch("0", 2, "llo").field("Upload-Offset"), "5");
  EXPECT_EQ(data.bytes_of(id_of(), 0), "hello");
}

TEST_F(session_chunks, patch_refuses_what_the_contract_names) {
  create("0", 5);
  patch("0", 0, "he");
  const std::string type = offset_type;
  const struct {
    const char* why;
    std::string fields;
    unsigned status;
  } cases[] = {
      {"no offset", type, 400},
      {"empty offset", type + "Upload-Offset:\r\n", 400},
      {"negative offset", type + "Upload-Offset: -1\r\n", 400},
      {"offset of letters", type + "Upload-Offset: abc\r\n", 400},
      {"offset past 63 bits", type + "Upload-Offset: 9223372036854775808\r\n", 400},
      {"offset twice", type + "Upload-Offset: 2\r\nUpload-Offset: 2\r\n", 400},
      {"lower offset", type + "Upload-Offset: 0\r\n", 409},
      {"higher offset", type + "Upload-Offset: 3\r\n", 409},
      {"no type", "Upload-Offset: 2\r\n", 415},
      {"another type", "Content-Type: application/octet-stream\r\nUpload-Offset: 2\r\n", 415},
      {"unknown digest", type + "Upload-Offset: 2\r\nUpload-Checksum: sha9 AAAA\r\n", 400},
      {"no digest", type + "Upload-Offset: 2\r\nUpload-Checksum: sha1\r\n", 400},
      {"bad base64", type + "Upload-Offset: 2\r\nUpload-Checksum: sha1 ???\r\n", 400},
      {"wrong digest", type + "Upload-Offset: 2\r\nUpload-Checksum: sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n", 460},
      {"digest of another length", type + "Upload-Offset: 2\r\nUpload-Checksum: sha1 AAAA\r\n", 460},
      {"another length", type + "Upload-Offset: 2\r\nUpload-Length: 6\r\n", 400},
  };
  for (const auto& each : cases) {
    const answer got = ask("PATCH " + in_session("/chunks/0"), tus_line + each.fields, "ll");
    EXPECT_EQ(got.status(), each.status) << each.why << ": " << got.body;
    EXPECT_EQ(data.bytes_of(id_of(), 0), "he") << each.why;
    EXPECT_EQ(got.field("Upload-Offset"), each.status == 409 ? "2" : "(none)") << each.why;
  }
  EXPECT_EQ(patch("1", 0, "x").status(), 404U);
}

TEST_F(session_chunks, patch_past_the_length_by_content_length_is_refused_before_a_byte_is_read) {
  create("0", 5);
  memory_body body{"hello!"};
  const answer got = ask_body("PATCH " + in_session("/chunks/0"),
                              std::string{tus_line} + offset_type + "Upload-Offset: 0\r\nContent-Length: 6\r\n", body);
  EXPECT_EQ(got.status(), 413U);
  EXPECT_EQ(body.taken_bytes(), 0U);
  EXPECT_FALSE(body.waited());
  EXPECT_EQ(data.bytes_of(id_of(), 0), "");
}

TEST_F(session_chunks, a_chunked_patch_past_the_length_is_kept_up_to_it) {
  create("0", 5);
  const answer got = ask_chunked("PATCH " + in_session("/chunks/0"),
                                 std::string{tus_line} + offset_type + "Upload-Offset: 0\r\n", "hello!");
  EXPECT_EQ(got.status(), 413U);
  EXPECT_EQ(head("0").field("Upload-Offset"), "5");
}

TEST_F(session_chunks, an_empty_patch_at_the_end_is_harmless) {
  create("0", 5);
  patch("0", 0, "hello");
  const answer got = patch("0", 5, "");
  EXPECT_EQ(got.status(), 204U);
  EXPECT_EQ(got.field("Upload-Offset"), "5");
}

TEST_F(session_chunks, the_same_length_may_be_told_again) {
  create("0", 5);
  EXPECT_EQ(patch("0", 0, "he", "Upload-Length: 5\r\n").status(), 204U);
}

TEST_F(session_chunks, a_deferred_length_is_told_by_a_patch) {
  const answer made = ask("POST " + in_session("/chunks/"),
                          std::string{tus_line} + "Upload-Defer-Length: 1\r\n" + metadata({{"chunkIndex", "0"}}));
  EXPECT_EQ(made.status(), 201U);
  EXPECT_EQ(head("0").field("Upload-Defer-Length"), "1");
  EXPECT_FALSE(head("0").has("Upload-Length"));
  EXPECT_EQ(patch("0", 0, "he").status(), 204U);
  EXPECT_EQ(patch("0", 2, "", "Upload-Length: 1\r\n").status(), 400U);
  EXPECT_EQ(patch("0", 2, "", "Upload-Length: 5242881\r\n").status(), 413U);
  EXPECT_EQ(patch("0", 2, "ll", "Upload-Length: 4\r\n").status(), 204U);
  EXPECT_EQ(head("0").field("Upload-Length"), "4");
  EXPECT_FALSE(head("0").has("Upload-Defer-Length"));
}

TEST_F(session_chunks, an_empty_patch_that_tells_the_length_completes_the_chunk) {
  ask("POST " + in_session("/chunks/"),
      std::string{tus_line} + "Upload-Defer-Length: 1\r\n" + metadata({{"chunkIndex", "0"}, {"totalChunks", "1"}}));
  patch("0", 0, "he");
  EXPECT_EQ(patch("0", 2, "", "Upload-Length: 2\r\n").status(), 204U);
  EXPECT_EQ(data.recording_of(id_of()), "he");
}

TEST_F(session_chunks, a_matching_digest_is_204_for_every_algorithm) {
  const char* digests[] = {"sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "md5 XUFAKrxLKna5cZ2REBfFkg==", "crc32 NhCmhg==",
                           "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="};
  int index = 0;
  for (const char* digest : digests) {
    const std::string name = std::to_string(index++);
    create(name, 5);
    EXPECT_EQ(patch(name, 0, "hello", "Upload-Checksum: " + std::string{digest} + "\r\n").status(), 204U) << digest;
  }
}

TEST_F(session_chunks, a_digest_may_come_in_the_trailer) {
  create("0", 5);
  const std::string fields = std::string{tus_line} + offset_type + "Upload-Offset: 0\r\nTrailer: Upload-Checksum\r\n";
  memory_body::shape how;
  const answer absent = ask_chunked("PATCH " + in_session("/chunks/0"), fields, "hello", how);
  EXPECT_EQ(absent.status(), 400U);
  how.trailers = {{"upload-checksum", "sha1 AAAA"}};
  EXPECT_EQ(ask_chunked("PATCH " + in_session("/chunks/0"), fields, "hello", how).status(), 460U);
  EXPECT_EQ(head("0").field("Upload-Offset"), "0");
  how.trailers = {{"upload-checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="}};
  EXPECT_EQ(ask_chunked("PATCH " + in_session("/chunks/0"), fields, "hello", how).status(), 204U);
}

TEST_F(session_chunks, a_peer_that_goes_is_told_nothing_and_its_prefix_kept) {
  create("0", 5);
  memory_body::shape how;
  how.cut_at = 3;
  memory_body body{"hello", how};
  const answer got = ask_body("PATCH " + in_session("/chunks/0"),
                              std::string{tus_line} + offset_type + "Upload-Offset: 0\r\nContent-Length: 5\r\n", body);
  EXPECT_TRUE(got.got.silent);
  EXPECT_EQ(head("0").field("Upload-Offset"), "3");
}

TEST_F(session_chunks, nothing_is_kept_of_a_body_with_a_digest_that_was_cut) {
  create("0", 5);
  memory_body::shape how;
  how.cut_at = 3;
  memory_body body{"hello", how};
  ask_body("PATCH " + in_session("/chunks/0"),
           std::string{tus_line} + offset_type +
               "Upload-Offset: 0\r\nContent-Length: 5\r\nUpload-Checksum: sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n",
           body);
  EXPECT_EQ(head("0").field("Upload-Offset"), "0");
}

TEST_F(session_chunks, a_slow_peer_is_told_nothing) {
  create("0", 5);
  memory_body::shape how;
  how.hang_at = 3;
  memory_body body{"hello", how};
  const answer got = ask_body("PATCH " + in_session("/chunks/0"),
                              std::string{tus_line} + offset_type + "Upload-Offset: 0\r\nContent-Length: 5\r\n", body);
  EXPECT_TRUE(got.got.silent);
  EXPECT_EQ(head("0").field("Upload-Offset"), "3");
}

TEST_F(session_chunks, the_second_wins_be_it_patch_or_head) {
  create("0", 5);
  memory_body::shape how;
  how.hang_at = 3;
  const std::string fields = std::string{tus_line} + offset_type + "Upload-Offset: 0\r\nContent-Length: 5\r\n";
  memory_body dead{"hello", how};
  auto earlier = begin("PATCH " + in_session("/chunks/0"), fields, dead);
  ASSERT_FALSE(earlier.ended->has_value());
  EXPECT_EQ(head("0").field("Upload-Offset"), "3");
  EXPECT_TRUE(finish(earlier).got.silent);
  EXPECT_EQ(patch("0", 3, "lo").status(), 204U);
  EXPECT_EQ(data.bytes_of(id_of(), 0), "hello");
}

TEST_F(session_chunks, a_senseless_patch_disturbs_nobody) {
  create("0", 5);
  memory_body::shape how;
  how.hang_at = 3;
  memory_body slow{"hello", how};
  auto earlier = begin("PATCH " + in_session("/chunks/0"),
                       std::string{tus_line} + offset_type + "Upload-Offset: 0\r\nContent-Length: 5\r\n", slow);
  EXPECT_EQ(ask("PATCH " + in_session("/chunks/0"), tus_line).status(), 415U);
  EXPECT_FALSE(earlier.ended->has_value());
  slow.interrupt();
  finish(earlier);
}

TEST_F(session_chunks, a_disk_that_fills_or_fails_is_507_or_500) {
  create("0", 5);
  data.room_bytes = 2;
  EXPECT_EQ(patch("0", 0, "hello").status(), 507U);
  data.room_bytes.reset();
  const std::string offset = head("0").field("Upload-Offset");
  data.fail_appends = error{errc::io_failed, "write segment: secret path", 5};
  const answer got = patch("0", std::stoull(offset), "l");
  EXPECT_EQ(got.status(), 500U);
  EXPECT_FALSE(got.says("secret"));
}

TEST_F(session_chunks, head_tells_what_is_there) {
  create("7", 5);
  const answer got = head("7");
  EXPECT_EQ(got.status(), 200U);
  EXPECT_EQ(got.field("Upload-Offset"), "0");
  EXPECT_EQ(got.field("Upload-Length"), "5");
  EXPECT_EQ(got.field("Upload-Metadata"), "chunkIndex Nw==");
  EXPECT_EQ(got.field("Cache-Control"), "no-store");
  EXPECT_EQ(got.field("Tus-Resumable"), "1.0.0");
  EXPECT_TRUE(got.has("Upload-Expires"));
}

TEST_F(session_chunks, head_of_nothing_is_404_without_an_offset) {
  create("0", 5);
  EXPECT_EQ(head("1").status(), 404U);
  EXPECT_FALSE(head("1").has("Upload-Offset"));
}

TEST_F(session_chunks, head_of_a_damaged_session_is_423_and_the_rest_500) {
  create("0", 5);
  data.damage(id_of(), "segment is gone");
  EXPECT_EQ(head("0").status(), 423U);
  EXPECT_EQ(patch("0", 0, "hello").status(), 500U);
  EXPECT_EQ(create("0", 5).status(), 500U);
  EXPECT_TRUE(ask("GET " + in_session("/status")).says(R"("state":"damaged")"));
}

TEST_F(session_chunks, delete_removes_a_chunk_until_it_is_part_of_a_recording) {
  create("0", 5);
  const auto remove = [&] { return ask("DELETE " + in_session("/chunks/0"), tus_line).status(); };
  EXPECT_EQ(remove(), 204U);
  EXPECT_EQ(remove(), 404U);
  EXPECT_EQ(head("0").status(), 404U);
  ask("POST " + in_session("/chunks/"),
      std::string{tus_line} + offset_type + "Upload-Length: 5\r\n" +
          metadata({{"chunkIndex", "0"}, {"totalChunks", "1"}}),
      "hello");
  EXPECT_EQ(remove(), 409U);
}

TEST_F(session_chunks, past_ingest_the_chunks_are_complete_and_closed) {
  data.assemble_at_once = false;
  ask("POST " + in_session("/chunks/"),
      std::string{tus_line} + offset_type + "Upload-Length: 5\r\n" +
          metadata({{"chunkIndex", "0"}, {"totalChunks", "1"}}),
      "hello");
  for (const bool done : {false, true}) {
    if (done) data.finish_assembly(id_of());
    EXPECT_EQ(head("0").field("Upload-Offset"), "5");
    EXPECT_EQ(create("0", 5).status(), 201U);
    EXPECT_EQ(create("0", 5).field("Upload-Offset"), "5");
    EXPECT_EQ(patch("0", 5, "").status(), 204U);
    const answer more = patch("0", 5, "x");
    EXPECT_EQ(more.status(), 409U) << more.body;
    EXPECT_EQ(more.field("Upload-Offset"), "5");
    EXPECT_EQ(patch("0", 0, "hello").status(), 409U);
    EXPECT_EQ(create("1", 5).status(), 409U);
  }
}

TEST_F(session_chunks, cancelled_and_expired_are_410_with_their_type_unknown_is_404) {
  create("0", 5);
  data.expire(id_of());
  const answer expired = patch("0", 0, "x");
  EXPECT_EQ(expired.status(), 410U);
  EXPECT_TRUE(expired.says(R"("type":"expired")"));
  const std::string other = "/files/1b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90";
  EXPECT_EQ(ask("DELETE " + other).status(), 404U);
  ask("POST " + other + "/chunks/", std::string{tus_line} + "Upload-Length: 5\r\n" + metadata({{"chunkIndex", "0"}}));
  EXPECT_EQ(ask("DELETE " + other).status(), 204U);
  EXPECT_EQ(ask("DELETE " + other).status(), 204U);
  const answer cancelled = ask("GET " + other + "/status");
  EXPECT_EQ(cancelled.status(), 410U);
  EXPECT_TRUE(cancelled.says(R"("type":"cancelled")"));
  EXPECT_EQ(ask("HEAD " + other + "/chunks/0", tus_line).status(), 410U);
}

TEST_F(session_chunks, creations_are_delayed_then_refused_and_nothing_else_is) {
  set.creations_per_second = 10;
  set.creation_burst = 3;
  const steady_time begun = here.time.now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(create(std::to_string(i), 5).status(), 201U);
  EXPECT_EQ(here.time.now(), begun);
  EXPECT_EQ(create("3", 5).status(), 201U);
  EXPECT_EQ(here.time.now() - begun, std::chrono::milliseconds{100});
  memory_body nothing{""};
  std::vector<in_flight> many;
  for (int i = 0; i < 16; ++i) {
    many.push_back(begin("POST " + in_session("/chunks/"),
                         std::string{tus_line} + "Upload-Length: 5\r\n" + metadata({{"chunkIndex", "9"}}), nothing));
  }
  int refused = 0;
  for (in_flight& each : many) {
    const answer got = finish(each);
    if (got.status() != 429) continue;
    ++refused;
    EXPECT_EQ(got.field("Retry-After"), "2");
  }
  EXPECT_EQ(refused, 6);
  EXPECT_EQ(head("0").status(), 200U);
  EXPECT_EQ(patch("0", 0, "hello").status(), 204U);
}

}  // namespace
}  // namespace wf::test
