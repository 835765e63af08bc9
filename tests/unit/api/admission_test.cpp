// What is decided before any handler: HTTPS, methods, tus version, override, discovery, origins.
#include "support/api_fixture.hpp"
#include "waveforge/api/route.hpp"

namespace wf::test {
namespace {

class admission : public api_fixture {
 public:
  static constexpr io::peer_address far{.text = "203.0.113.9:1",
                                        .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 9}};
};

TEST_F(admission, plain_http_from_afar_is_403_https_required) {
  peer = far;
  const answer got = create("0", 5);
  EXPECT_EQ(got.status(), 403U);
  EXPECT_TRUE(got.says("HTTPS required"));
  EXPECT_TRUE(got.says(R"("type":"https_required")"));
  EXPECT_FALSE(data.knows(id_of()));
}

TEST_F(admission, https_is_tls_loopback_a_socket_the_operators_word_or_a_trusted_proxys) {
  const std::string says_https = "X-Forwarded-Proto: https\r\n";
  peer = far;
  tls = true;
  EXPECT_EQ(create("0", 5).status(), 201U);
  tls = false;
  EXPECT_EQ(create("0", 5, says_https).status(), 403U);
  peer = {.text = "unix", .bytes = {}, .loopback = false, .unix_socket = true};
  EXPECT_EQ(create("0", 5).status(), 201U);
  peer = {.text = "127.0.0.1:9", .bytes = {}, .loopback = true};
  EXPECT_EQ(create("0", 5).status(), 201U);
}

TEST_F(admission, a_trusted_proxy_is_believed_about_https) {
  set.trusted_proxies = {api::address_range::parse("203.0.113.0/24").value()};
  peer = far;
  EXPECT_EQ(create("0", 5).status(), 403U);
  EXPECT_EQ(create("0", 5, "X-Forwarded-Proto: http\r\n").status(), 403U);
  EXPECT_EQ(create("0", 5, "X-Forwarded-Proto: https\r\n").status(), 201U);
  EXPECT_EQ(create("0", 5, "Forwarded: for=1.2.3.4;proto=https\r\n").status(), 201U);
}

TEST_F(admission, the_operator_may_allow_plain_http) {
  set.allow_plain_http = true;
  peer = far;
  EXPECT_EQ(create("0", 5).status(), 201U);
}

TEST_F(admission, unknown_addresses_are_404_and_wrong_methods_405_with_allow) {
  EXPECT_EQ(ask("GET /nothing").status(), 404U);
  EXPECT_EQ(ask("GET " + in_session("/nothing")).status(), 404U);
  EXPECT_EQ(ask("GET /files/../../etc/passwd").status(), 404U);
  const struct {
    std::string line;
    const char* allow;
  } cases[] = {
      {"GET " + in_session("/chunks/"), "POST, OPTIONS"},
      {"GET " + in_session("/chunks/0"), "HEAD, PATCH, DELETE, OPTIONS"},
      {"PUT " + in_session(""), "DELETE, OPTIONS"},
      {"GET " + in_session(""), "DELETE, OPTIONS"},
      {"POST " + in_session("/status"), "GET, HEAD, OPTIONS"},
      {"GET " + in_session("/assemble"), "POST, OPTIONS"},
      {"DELETE " + in_session("/recording"), "GET, HEAD, OPTIONS"},
      {"POST " + in_session("/events"), "GET, OPTIONS"},
      {"GET /tus/", "POST, OPTIONS"},
      {"POST /tus/00000000000000000000000000000001", "GET, HEAD, PATCH, DELETE, OPTIONS"},
      {"GET /upload/chunk", "POST, OPTIONS"},
      {"GET /recording/complete", "POST, OPTIONS"},
      {"POST /health", "GET, HEAD, OPTIONS"},
      {"DELETE /files", "GET, HEAD, OPTIONS"},
  };
  for (const auto& each : cases) {
    const answer got = ask(each.line, tus_line);
    EXPECT_EQ(got.status(), 405U) << each.line;
    EXPECT_EQ(got.field("Allow"), each.allow) << each.line;
  }
}

TEST_F(admission, tus_requests_without_the_right_version_are_412_and_change_nothing) {
  create("0", 5);
  const answer made = ask("POST /tus/", std::string{tus_line} + "Upload-Length: 5\r\n");
  const std::string upload = made.field("Location");
  const std::string lines[] = {"POST " + in_session("/chunks/"),
                               "PATCH " + in_session("/chunks/0"),
                               "HEAD " + in_session("/chunks/0"),
                               "DELETE " + in_session("/chunks/0"),
                               "POST /tus/",
                               "PATCH " + upload,
                               "HEAD " + upload,
                               "DELETE " + upload};
  for (const std::string& line : lines) {
    for (const char* version : {"", "Tus-Resumable: 0.2.2\r\n", "Tus-Resumable: 1.0.0\r\nTus-Resumable: 1.0.0\r\n"}) {
      const answer got = ask(line, std::string{version} + offset_type + "Upload-Offset: 0\r\n", "hello");
      EXPECT_EQ(got.status(), 412U) << line << version;
      EXPECT_EQ(got.field("Tus-Version"), "1.0.0") << line;
      EXPECT_EQ(got.field("Tus-Resumable"), "1.0.0") << line;
    }
  }
  EXPECT_EQ(head("0").field("Upload-Offset"), "0");
  for (const std::string& line : {"GET " + in_session("/status"), "POST " + in_session("/assemble"),
                                  "GET " + in_session("/recording"), "GET " + upload, std::string{"OPTIONS /tus/"},
                                  "OPTIONS " + in_session("/chunks/0"), "DELETE " + in_session("")}) {
    EXPECT_NE(ask(line).status(), 412U) << line;
  }
}

TEST_F(admission, every_answer_but_options_to_a_tus_request_carries_the_version) {
  for (const char* line : {"GET /tus/0", "PUT /tus/", "HEAD /tus/zz", "PATCH /tus/0"}) {
    EXPECT_EQ(ask(line).field("Tus-Resumable"), "1.0.0") << line;
  }
  EXPECT_FALSE(ask("OPTIONS /tus/").has("Tus-Resumable"));
  EXPECT_FALSE(ask("GET " + in_session("/status")).has("Tus-Resumable"));
}

TEST_F(admission, the_overriding_method_counts_on_tus_addresses_only) {
  create("0", 5);
  const std::string fields = std::string{tus_line} + offset_type + "Upload-Offset: 0\r\n";
  const answer patched = ask("POST " + in_session("/chunks/0"), fields + "X-HTTP-Method-Override: PATCH\r\n", "hello");
  EXPECT_EQ(patched.status(), 204U);
  EXPECT_EQ(patched.field("Upload-Offset"), "5");
  EXPECT_EQ(ask("GET " + in_session("/chunks/0"), "X-HTTP-Method-Override: OPTIONS\r\n").status(), 200U);
  const answer headed =
      ask("POST " + in_session("/chunks/9"), std::string{tus_line} + "X-HTTP-Method-Override: HEAD\r\n");
  EXPECT_EQ(headed.status(), 404U);
  EXPECT_EQ(headed.body, "");
  EXPECT_EQ(ask("PATCH " + in_session("/chunks/0"), fields + "X-HTTP-Method-Override: FETCH\r\n").status(), 501U);
  EXPECT_EQ(
      ask("POST " + in_session("/chunks/0"), std::string{tus_line} + "X-HTTP-Method-Override: DELETE\r\n").status(),
      204U);
  EXPECT_EQ(ask("GET " + in_session("/status"), "X-HTTP-Method-Override: POST\r\n").status(), 200U);
}

TEST_F(admission, options_discovers_each_surface_by_itself) {
  set.tus_bytes_max = 1'000'000;
  set.concatenation_unfinished = true;
  const std::string chunks = "OPTIONS " + in_session("/chunks/");
  for (const std::string& line : {chunks, "OPTIONS " + in_session("/chunks/0"), "OPTIONS " + in_session("/status"),
                                  std::string{"OPTIONS /files/whatever/chunks"}}) {
    for (const char* version : {"", "Tus-Resumable: 9.9.9\r\n"}) {
      const answer got = ask(line, version);
      EXPECT_EQ(got.status(), 200U) << line;
      EXPECT_EQ(got.field("Tus-Version"), "1.0.0");
      EXPECT_EQ(got.field("Tus-Max-Size"), "5242880");
      EXPECT_EQ(got.field("Tus-Extension"),
                "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination");
      EXPECT_EQ(got.field("Tus-Checksum-Algorithm"), "sha1,sha256,md5,crc32");
    }
  }
  const answer tus = ask("OPTIONS /tus/");
  EXPECT_EQ(tus.field("Tus-Max-Size"), "1000000");
  EXPECT_TRUE(tus.field("Tus-Extension").ends_with("termination,concatenation,concatenation-unfinished"));
  EXPECT_EQ(ask("OPTIONS *").status(), 200U);
  EXPECT_EQ(ask("OPTIONS /nothing").status(), 404U);
  EXPECT_FALSE(ask("OPTIONS /upload/chunk").has("Tus-Version"));
}

TEST_F(admission, what_cannot_be_is_not_advertised) {
  set.unfinished_expire = false;
  data.abilities.can_delete = false;
  data.abilities.can_concatenate = false;
  const answer got = ask("OPTIONS /tus/");
  EXPECT_EQ(got.field("Tus-Extension"),
            "creation,creation-with-upload,creation-defer-length,checksum,checksum-trailer");
  EXPECT_FALSE(got.has("Tus-Max-Size"));
  EXPECT_EQ(ask("DELETE " + in_session("")).status(), 405U);
}

TEST_F(admission, pages_of_other_origins_are_answered_only_when_configured) {
  const std::string origin = "Origin: https://app.example\r\n";
  EXPECT_FALSE(ask("GET /health", origin).has("Access-Control-Allow-Origin"));
  EXPECT_FALSE(ask("GET /health", origin).has("Vary"));
}

TEST_F(admission, an_allowed_origin_may_read_every_answer_errors_too) {
  set.cors_origins = {"https://app.example"};
  const std::string origin = "Origin: https://app.example\r\n";
  for (const answer& got : {ask("GET /health", origin), ask("GET /nothing", origin), create("0", 5, origin),
                            ask("HEAD " + in_session("/chunks/8"), tus_line + origin)}) {
    EXPECT_EQ(got.field("Access-Control-Allow-Origin"), "https://app.example");
    EXPECT_EQ(got.field("Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(got.field("Vary"), "Origin");
    for (const char* name : {"Location", "Upload-Offset", "Upload-Length", "Upload-Defer-Length", "Upload-Metadata",
                             "Upload-Expires", "Upload-Concat", "Tus-Resumable", "Tus-Version", "Tus-Extension",
                             "Tus-Max-Size", "Tus-Checksum-Algorithm", "Retry-After", "ETag"}) {
      EXPECT_NE(got.field("Access-Control-Expose-Headers").find(name), std::string::npos) << name;
    }
  }
  const answer other = ask("GET /health", "Origin: https://evil.example\r\n");
  EXPECT_FALSE(other.has("Access-Control-Allow-Origin"));
  EXPECT_EQ(other.field("Vary"), "Origin");
}

TEST_F(admission, preflights_are_answered_and_remembered) {
  set.cors_origins = {"https://app.example"};
  const answer got = ask("OPTIONS " + in_session("/chunks/"),
                         "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"
                         "Access-Control-Request-Headers: tus-resumable\r\n");
  EXPECT_EQ(got.status(), 200U);
  EXPECT_EQ(got.field("Access-Control-Allow-Methods"), "GET, POST, PATCH, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(got.field("Access-Control-Max-Age"), "86400");
  for (const char* name :
       {"Authorization", "Content-Type", "Tus-Resumable", "Upload-Length", "Upload-Defer-Length", "Upload-Offset",
        "Upload-Metadata", "Upload-Concat", "Upload-Checksum", "X-HTTP-Method-Override", "X-Request-ID"}) {
    EXPECT_NE(got.field("Access-Control-Allow-Headers").find(name), std::string::npos) << name;
  }
  const answer refused = ask("OPTIONS " + in_session("/chunks/"),
                             "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n");
  EXPECT_EQ(refused.status(), 200U);
  EXPECT_FALSE(refused.has("Access-Control-Allow-Methods"));
}

TEST_F(admission, anybody_is_an_origin_without_credentials) {
  set.cors_origins = {"*"};
  const answer got = ask("GET /health", "Origin: https://any.example\r\n");
  EXPECT_EQ(got.field("Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(got.has("Access-Control-Allow-Credentials"));
}

}  // namespace
}  // namespace wf::test
