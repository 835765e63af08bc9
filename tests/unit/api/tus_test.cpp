// Plain tus: every row of tus 1.0.0 that needs an upload of its own (core, creation, termination, concatenation).
#include "support/api_fixture.hpp"

namespace wf::test {
namespace {

class plain_tus : public api_fixture {
 public:
  std::string make(std::string_view fields, std::string body = {}) {
    const answer got = ask("POST /tus/", std::string{tus_line} + std::string{fields}, std::move(body));
    EXPECT_EQ(got.status(), 201U) << got.body;
    return got.field("Location");
  }
  answer append(const std::string& upload, std::uint64_t offset, std::string body, std::string_view more = {}) {
    return ask(
        "PATCH " + upload,
        std::string{tus_line} + offset_type + "Upload-Offset: " + std::to_string(offset) + "\r\n" + std::string{more},
        std::move(body));
  }
  answer look(const std::string& upload) { return ask("HEAD " + upload, tus_line); }
  answer remove(const std::string& upload) { return ask("DELETE " + upload, tus_line); }
  std::string partial(std::string body) {
    const std::string length = std::to_string(body.size());
    return make(std::string{offset_type} + "Upload-Concat: partial\r\nUpload-Length: " + length + "\r\n",
                std::move(body));
  }
  answer join(const std::string& urls, std::string_view more = {}) {
    return ask("POST /tus/", std::string{tus_line} + "Upload-Concat: final;" + urls + "\r\n" + std::string{more});
  }
};

TEST_F(plain_tus, an_upload_goes_in_and_comes_out) {
  const std::string upload =
      make("Upload-Length: 10\r\n" + metadata({{"filename", "a.webm"}, {"filetype", "video/webm"}}));
  EXPECT_EQ(upload, "/tus/00000000000000000000000000000001");
  EXPECT_EQ(look(upload).field("Upload-Offset"), "0");
  EXPECT_EQ(look(upload).field("Upload-Length"), "10");
  EXPECT_EQ(look(upload).field("Cache-Control"), "no-store");
  EXPECT_EQ(look(upload).field("Upload-Metadata"), "filename YS53ZWJt,filetype dmlkZW8vd2VibQ==");
  EXPECT_TRUE(look(upload).has("Upload-Expires"));
  EXPECT_EQ(append(upload, 0, "01234").field("Upload-Offset"), "5");
  EXPECT_EQ(ask("GET " + upload).status(), 404U);
  EXPECT_EQ(append(upload, 5, "56789").status(), 204U);
  const answer got = ask("GET " + upload);
  EXPECT_EQ(got.status(), 200U);
  EXPECT_EQ(got.body, "0123456789");
  EXPECT_EQ(got.field("Content-Type"), "video/webm");
  EXPECT_EQ(got.field("Tus-Resumable"), "1.0.0");
  EXPECT_EQ(ask("GET " + upload, "Range: bytes=2-3\r\n").body, "23");
  EXPECT_EQ(look(upload).field("Upload-Offset"), "10");
  EXPECT_FALSE(look(upload).has("Upload-Expires"));
}

TEST_F(plain_tus, a_creation_that_fails_in_its_body_leaves_nothing_that_nobody_can_address) {
  // The sum is of something else.
  const answer got = ask("POST /tus/",
                         std::string{tus_line} + offset_type + "Upload-Length: 5\r\n" +
                             "Upload-Checksum: sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=\r\n",
                         "abcde");
  EXPECT_EQ(got.status(), 460U) << got.body;
  EXPECT_FALSE(got.has("Location"));
  EXPECT_EQ(look("/tus/00000000000000000000000000000001").status(), 410U);
}

TEST_F(plain_tus, post_obeys_the_rules_of_creation) {
  set.tus_bytes_max = 100;
  const struct {
    const char* why;
    std::string fields;
    unsigned status;
  } cases[] = {
      {"no length", "", 400},
      {"both lengths", "Upload-Length: 5\r\nUpload-Defer-Length: 1\r\n", 400},
      {"defer length of 2", "Upload-Defer-Length: 2\r\n", 400},
      {"over Tus-Max-Size", "Upload-Length: 101\r\n", 413},
      {"bad metadata", "Upload-Length: 5\r\nUpload-Metadata: a !!\r\n", 400},
      {"a key twice", "Upload-Length: 5\r\nUpload-Metadata: a,a\r\n", 400},
      {"an unknown role", "Upload-Length: 5\r\nUpload-Concat: whole\r\n", 400},
      {"metadata over 4 KiB", "Upload-Length: 5\r\nUpload-Metadata: a " + base64(std::string(4000, 'x')) + "\r\n", 431},
      {"metadata of 2 KiB", "Upload-Length: 5\r\nUpload-Metadata: a " + base64(std::string(1500, 'x')) + "\r\n", 201},
      {"a key without value", "Upload-Length: 5\r\nUpload-Metadata: a, b ,c YQ==\r\n", 201},
      {"deferred", "Upload-Defer-Length: 1\r\n", 201},
  };
  for (const auto& each : cases) {
    const answer got = ask("POST /tus/", tus_line + each.fields);
    EXPECT_EQ(got.status(), each.status) << each.why << ": " << got.body;
    EXPECT_EQ(got.has("Location"), each.status == 201) << each.why;
  }
}

TEST_F(plain_tus, a_length_of_zero_is_finished_at_once) {
  const std::string upload = make("Upload-Length: 0\r\n");
  EXPECT_EQ(look(upload).field("Upload-Offset"), "0");
  EXPECT_EQ(look(upload).field("Upload-Length"), "0");
  EXPECT_EQ(ask("GET " + upload).status(), 200U);
}

TEST_F(plain_tus, creation_takes_a_body) {
  const answer got = ask("POST /tus", std::string{tus_line} + offset_type + "Upload-Length: 5\r\n", "hel");
  EXPECT_EQ(got.status(), 201U);
  EXPECT_EQ(got.field("Upload-Offset"), "3");
  EXPECT_EQ(
      ask("POST /tus/", std::string{tus_line} + "Content-Type: text/plain\r\nUpload-Length: 5\r\n", "hel").status(),
      415U);
  EXPECT_EQ(ask("POST /tus/", std::string{tus_line} + offset_type + "Upload-Length: 2\r\n", "hel").status(), 413U);
}

TEST_F(plain_tus, a_deferred_length_may_come_with_an_empty_patch) {
  const std::string upload = make("Upload-Defer-Length: 1\r\n");
  EXPECT_EQ(look(upload).field("Upload-Defer-Length"), "1");
  append(upload, 0, "abc");
  EXPECT_EQ(append(upload, 3, "", "Upload-Length: 2\r\n").status(), 400U);
  EXPECT_EQ(append(upload, 3, "", "Upload-Length: 3\r\n").status(), 204U);
  EXPECT_EQ(ask("GET " + upload).body, "abc");
}

TEST_F(plain_tus, unknown_uploads_are_404_for_every_method) {
  for (const char* upload : {"/tus/00000000000000000000000000000009", "/tus/abc", "/tus/..", "/tus/%00"}) {
    EXPECT_EQ(look(upload).status(), 404U) << upload;
    EXPECT_FALSE(look(upload).has("Upload-Offset"));
    EXPECT_EQ(append(upload, 0, "x").status(), 404U) << upload;
    EXPECT_EQ(remove(upload).status(), 404U) << upload;
    EXPECT_EQ(ask(std::string{"GET "} + upload).status(), 404U) << upload;
  }
}

TEST_F(plain_tus, removing_ends_an_upload_finished_or_not) {
  const std::string half = make("Upload-Length: 5\r\n");
  const std::string whole = make(std::string{offset_type} + "Upload-Length: 5\r\n", "hello");
  for (const std::string& upload : {half, whole}) {
    EXPECT_EQ(remove(upload).status(), 204U);
    EXPECT_EQ(look(upload).status(), 410U);
    EXPECT_EQ(append(upload, 0, "x").status(), 410U);
    EXPECT_EQ(remove(upload).status(), 410U);
    EXPECT_EQ(ask("GET " + upload).status(), 410U);
  }
}

TEST_F(plain_tus, expired_uploads_are_410) {
  const std::string upload = make("Upload-Length: 5\r\n");
  data.expire(session::session_id::parse_upload(upload.substr(5)).value());
  EXPECT_EQ(look(upload).status(), 410U);
  EXPECT_TRUE(append(upload, 0, "x").says(R"("type":"expired")"));
}

TEST_F(plain_tus, location_is_below_the_base_and_absolute_behind_a_proxy) {
  set.tus_base_path = "/api/uploads";
  set.trusted_proxies = {api::address_range::parse("::").value()};
  const answer got =
      ask("POST /api/uploads",
          std::string{tus_line} + "Upload-Length: 5\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: u.example\r\n");
  EXPECT_EQ(got.field("Location"), "https://u.example/api/uploads/00000000000000000000000000000001");
  EXPECT_EQ(ask("POST /tus", tus_line).status(), 404U);
}

TEST_F(plain_tus, clients_of_parallel_parts_name_their_role_everywhere) {
  const std::string upload = make("Upload-Concat: partial\r\nUpload-Length: 3\r\n");
  const answer got = ask("HEAD " + upload, std::string{tus_line} + "Upload-Concat: partial\r\n");
  EXPECT_EQ(got.field("Upload-Concat"), "partial");
  EXPECT_EQ(got.field("Upload-Offset"), "0");
  EXPECT_EQ(append(upload, 0, "abc", "Upload-Concat: partial\r\n").status(), 204U);
  EXPECT_EQ(look(upload).field("Upload-Offset"), "3");
  EXPECT_TRUE(look(upload).has("Upload-Expires"));  // it waits to be joined
}

TEST_F(plain_tus, parts_are_joined_in_the_order_of_the_list) {
  const std::string one = partial("one ");
  const std::string two = partial("two ");
  const std::string urls = "https://anywhere.example" + two + " " + one + " " + two;
  const answer made = join(urls, metadata({{"filename", "joined.webm"}}));
  EXPECT_EQ(made.status(), 201U) << made.body;
  const std::string upload = made.field("Location");
  EXPECT_EQ(ask("GET " + upload).body, "two one two ");
  const answer got = look(upload);
  EXPECT_EQ(got.field("Upload-Concat"), "final;" + urls);
  EXPECT_EQ(got.field("Upload-Offset"), "12");
  EXPECT_EQ(got.field("Upload-Length"), "12");
  EXPECT_EQ(got.field("Upload-Metadata"), "filename am9pbmVkLndlYm0=");
  EXPECT_EQ(append(upload, 12, "x").status(), 403U);
  EXPECT_EQ(ask("GET " + upload).body, "two one two ");
  EXPECT_EQ(join(one).status(), 201U);
}

TEST_F(plain_tus, the_same_join_is_the_same_upload) {
  const std::string one = partial("one ");
  EXPECT_EQ(join(one).field("Location"), join(one).field("Location"));
  EXPECT_NE(join(one).field("Location"), join(one + " " + one).field("Location"));
  EXPECT_EQ(look(one).field("Upload-Offset"), "4");
}

TEST_F(plain_tus, what_cannot_be_joined_is_refused) {
  const std::string one = partial("one ");
  const std::string open = make("Upload-Concat: partial\r\nUpload-Length: 3\r\n");
  const std::string single = make(std::string{offset_type} + "Upload-Length: 3\r\n", "abc");
  EXPECT_EQ(join("/tus/00000000000000000000000000000077").status(), 404U);
  EXPECT_EQ(join("/elsewhere/1").status(), 400U);
  EXPECT_EQ(join(single).status(), 400U);
  EXPECT_EQ(join(one + " " + open).status(), 400U);
  EXPECT_EQ(join(one, "Upload-Length: 4\r\n").status(), 400U);
  EXPECT_EQ(
      ask("POST /tus/", std::string{tus_line} + offset_type + "Upload-Concat: final;" + one + "\r\n", "abc").status(),
      400U);
  EXPECT_EQ(join("").status(), 400U);
}

TEST_F(plain_tus, a_store_that_cannot_join_is_not_asked) {
  data.abilities.can_concatenate = false;
  EXPECT_EQ(ask("POST /tus/", std::string{tus_line} + "Upload-Concat: partial\r\nUpload-Length: 3\r\n").status(), 400U);
}

}  // namespace
}  // namespace wf::test
