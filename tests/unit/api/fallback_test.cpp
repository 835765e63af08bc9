// The fallback API: /upload/chunk in every order and shape, /recording/complete in every form.
#include "support/api_fixture.hpp"

namespace wf::test {
namespace {

class fallback : public api_fixture {
 public:
  static constexpr const char* type_line = "Content-Type: multipart/form-data; boundary=edge\r\n";

  static std::string part(std::string_view name, std::string_view value, std::string_view more = {}) {
    return "--edge\r\nContent-Disposition: form-data; name=\"" + std::string{name} + "\"" + std::string{more} +
           "\r\n\r\n" + std::string{value} + "\r\n";
  }
  static std::string file(std::string_view bytes) {
    return part("file", bytes, "; filename=\"blob\"\r\nContent-Type: video/webm");
  }
  static std::string place(std::string_view index) { return part("session_id", sid) + part("chunk_index", index); }
  static std::string end() { return "--edge--\r\n"; }

  answer send(std::string form, std::string_view query = {}) {
    return ask("POST /upload/chunk" + std::string{query}, type_line, std::move(form));
  }
  answer send_shaped(std::string form, memory_body::shape how) {
    const std::string length = "Content-Length: " + std::to_string(form.size()) + "\r\n";
    return ask_with("POST /upload/chunk", type_line + length, how, std::move(form));
  }
  answer complete(std::string_view type, std::string body, std::string_view query = {}) {
    return ask("POST /recording/complete" + std::string{query}, "Content-Type: " + std::string{type} + "\r\n",
               std::move(body));
  }
};

TEST_F(fallback, a_chunk_is_received) {
  const answer got = send(place("3") + file("hello") + end());
  EXPECT_EQ(got.status(), 200U) << got.body;
  EXPECT_EQ(
      got.body,
      R"({"status":"chunk_received","session_id":"0b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90","chunk_index":3,"size":5})");
  EXPECT_EQ(data.bytes_of(id_of(), 3), "hello");
  EXPECT_EQ(data.bodies_held(), 0U);
  send(file("hello") + place("4") + end());
  EXPECT_EQ(data.bodies_held(), 1U);
}

TEST_F(fallback, fields_come_in_any_order) {
  const std::string forms[] = {
      place("0") + part("total_chunks", "2") + part("file_name", "n.webm") + part("format", "webm") + file("hello"),
      place("0") + file("hello") + part("total_chunks", "2") + part("file_name", "n.webm") + part("format", "webm"),
      file("hello") + part("format", "webm") + part("total_chunks", "2") + part("file_name", "n.webm") + place("0"),
      part("session_id", sid) + file("hello") + part("file_name", "n.webm") + part("chunk_index", "0") +
          part("total_chunks", "2") + part("format", "webm"),
  };
  for (const std::string& form : forms) {
    data.forget();
    const answer got = send(form + end());
    EXPECT_EQ(got.status(), 200U) << got.body;
    EXPECT_EQ(data.bytes_of(id_of(), 0), "hello");
    const answer status = ask("GET " + in_session("/status"));
    EXPECT_TRUE(status.says(R"("total_chunks":2)")) << status.body;
    EXPECT_TRUE(status.says(R"("recording_name":"n.webm","format":"webm")")) << status.body;
  }
}

TEST_F(fallback, the_outcome_does_not_depend_on_how_the_body_was_cut) {
  // Bytes that look like a boundary, and are none, are part of the file.
  const std::string bytes =
      "x\r\n--edg\r\n-\r\r\n--ed-\r\n--\r\n\n--edge--\r\n-\r--edge" + std::string(700, 'y') + "\r\n--ed";
  for (const std::string& form :
       {place("0") + file(bytes) + part("file_name", "n") + end(), file(bytes) + place("0") + end() + "epilogue"}) {
    for (std::size_t piece = 1; piece < 300; piece += piece < 40 ? 1 : 37) {
      for (const std::size_t in_hand : {std::size_t{0}, piece, std::size_t{200}, form.size()}) {
        data.forget();
        memory_body::shape how;
        how.piece_bytes = piece;
        how.in_hand_bytes = in_hand;
        const answer got = send_shaped(form, how);
        ASSERT_EQ(got.status(), 200U) << got.body << " pieces of " << piece << ", in hand " << in_hand;
        ASSERT_EQ(data.bytes_of(id_of(), 0), bytes) << "pieces of " << piece << ", in hand " << in_hand;
      }
    }
  }
}

TEST_F(fallback, the_query_may_name_the_place_and_the_form_wins) {
  const std::string query = "?session_id=" + std::string{sid} + "&chunk_index=4";
  EXPECT_EQ(send(file("hello") + end(), query).status(), 200U);
  EXPECT_EQ(data.bytes_of(id_of(), 4), "hello");
  EXPECT_EQ(send(part("chunk_index", "5") + file("five!") + end(), query).status(), 200U);
  EXPECT_EQ(data.bytes_of(id_of(), 5), "five!");
  EXPECT_EQ(send(file("six!!") + part("chunk_index", "6") + end(), query).status(), 200U);
  EXPECT_EQ(data.bytes_of(id_of(), 6), "six!!");
}

TEST_F(fallback, a_form_that_is_not_right_changes_nothing) {
  const struct {
    const char* why;
    std::string form;
    unsigned status;
  } cases[] = {
      {"no file", place("0") + end(), 400},
      {"no session", part("chunk_index", "0") + file("x") + end(), 400},
      {"no index", part("session_id", sid) + file("x") + end(), 400},
      {"bad session", part("session_id", "../x") + part("chunk_index", "0") + file("x") + end(), 400},
      {"bad index", place("01") + file("x") + end(), 400},
      {"index over the limit", place("1000000") + file("x") + end(), 400},
      {"bad total", place("0") + part("total_chunks", "0") + file("x") + end(), 400},
      {"bad total after the file", place("0") + file("x") + part("total_chunks", "none") + end(), 400},
      {"index not below the total", place("2") + file("x") + part("total_chunks", "2") + end(), 400},
      {"a field twice", place("0") + part("chunk_index", "0") + file("x") + end(), 400},
      {"a field twice, once after the file", place("0") + file("x") + part("chunk_index", "1") + end(), 400},
      {"two files", place("0") + file("x") + file("y") + end(), 400},
      {"control characters in the name", place("0") + part("file_name", "a\nb") + file("x") + end(), 400},
      {"cut before the end", place("0") + file("x"), 400},
      {"cut in the file", place("0") + "--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nxyz", 400},
      {"no form", "hello", 400},
      {"too long", place("0") + file(std::string(5 * 1024 * 1024 + 1, 'x')) + end(), 413},
      {"far too long", place("0") + file(std::string(6 * 1024 * 1024, 'x')) + end(), 413},
      {"too long, file first", file(std::string(5 * 1024 * 1024 + 1, 'x')) + place("0") + end(), 413},
      {"a field too long", place("0") + part("note", std::string(70'000, 'x')) + file("x") + end(), 413},
  };
  for (const auto& each : cases) {
    const answer got = send(each.form);
    EXPECT_EQ(got.status(), each.status) << each.why << ": " << got.body;
    EXPECT_FALSE(data.knows(id_of())) << each.why;
  }
}

TEST_F(fallback, what_is_no_form_is_415) {
  EXPECT_EQ(ask("POST /upload/chunk", "Content-Type: application/json\r\n", "{}").status(), 415U);
  EXPECT_EQ(ask("POST /upload/chunk", "", "{}").status(), 415U);
  EXPECT_EQ(ask("POST /upload/chunk", "Content-Type: multipart/form-data\r\n", "x").status(), 400U);
}

TEST_F(fallback, a_partial_chunk_is_replaced_atomically_and_takes_the_new_length) {
  create("0", 9);
  patch("0", 0, "abc");
  EXPECT_EQ(send(place("0") + file("hello")).status(), 400U);  // cut: what was there stays
  EXPECT_EQ(head("0").field("Upload-Offset"), "3");
  EXPECT_EQ(head("0").field("Upload-Length"), "9");
  EXPECT_EQ(send(place("0") + file("hello") + end()).status(), 200U);
  EXPECT_EQ(head("0").field("Upload-Offset"), "5");
  EXPECT_EQ(head("0").field("Upload-Length"), "5");
}

TEST_F(fallback, a_peer_that_goes_is_told_nothing_and_changes_nothing) {
  create("0", 9);
  patch("0", 0, "abc");
  for (const std::string& form : {place("0") + file("hello") + end(), file("hello") + place("0") + end()}) {
    for (std::size_t cut = 0; cut < form.size(); cut += 7) {
      memory_body::shape how;
      how.cut_at = cut;
      EXPECT_TRUE(send_shaped(form, how).got.silent) << cut;
    }
    EXPECT_EQ(head("0").field("Upload-Offset"), "3");
  }
}

TEST_F(fallback, a_complete_chunk_sent_again_is_compared) {
  send(place("0") + file("hello") + end());
  EXPECT_EQ(send(place("0") + file("hello") + end()).status(), 200U);
  const answer other = send(place("0") + file("hellx") + end());
  EXPECT_EQ(other.status(), 409U);
  EXPECT_TRUE(other.says(R"("type":"content_conflict")"));
  EXPECT_EQ(data.bytes_of(id_of(), 0), "hello");
}

TEST_F(fallback, a_chunk_half_sent_by_one_is_finished_by_the_other) {
  create("0", 5);
  patch("0", 0, "he");
  send(place("0") + file("hello") + end());
  EXPECT_EQ(head("0").field("Upload-Offset"), "5");
  send(place("1") + file("more") + end());
  EXPECT_EQ(create("1", 4).status(), 201U);
  EXPECT_EQ(patch("1", 4, "").status(), 204U);
}

TEST_F(fallback, chunks_count_against_the_rate) {
  set.creation_burst = 1;
  set.creations_per_second = 0.1;
  EXPECT_EQ(send(place("0") + file("a") + end()).status(), 200U);
  const answer got = send(place("1") + file("b") + end());
  EXPECT_EQ(got.status(), 429U);
  EXPECT_EQ(got.field("Retry-After"), "10");
}

TEST_F(fallback, complete_takes_query_form_multipart_and_json) {
  const struct {
    const char* type;
    std::string body;
    std::string query;
  } cases[] = {
      {"application/x-www-form-urlencoded",
       "session_id=" + std::string{sid} + "&file_name=my+talk.webm&metadata=%7B%22a%22%3A1%7D", ""},
      {"application/json",
       R"({"session_id":")" + std::string{sid} + R"(","file_name":"my talk.webm","metadata":{"a":1},"other":[1]})", ""},
      {"application/json; charset=utf-8",
       R"({"session_id":")" + std::string{sid} + R"(","file_name":"my talk.webm","metadata":"{\"a\":1}"})", ""},
      {"multipart/form-data; boundary=edge",
       part("session_id", sid) + part("file_name", "my talk.webm") + part("metadata", R"({"a":1})") + end(), ""},
      {"text/plain", "", "?session_id=" + std::string{sid} + "&file_name=my%20talk.webm&metadata=%7B%7D"},
      {"application/json", R"({"file_name":"my talk.webm","total_chunks":1})",
       "?session_id=" + std::string{sid} + "&file_name=other"},
  };
  for (const auto& each : cases) {
    data.forget();
    send(place("0") + file("hello") + end());
    const answer got = complete(each.type, each.body, each.query);
    EXPECT_EQ(got.status(), 200U) << each.type << ": " << got.body;
    EXPECT_TRUE(got.says(R"("status":"assembled")")) << got.body;
    EXPECT_TRUE(ask("GET " + in_session("/status")).says(R"("recording_name":"my talk.webm")")) << each.type;
  }
}

TEST_F(fallback, complete_says_what_is_missing_or_still_being_made) {
  send(place("0") + file("a") + end());
  send(place("2") + file("c") + end());
  const std::string form = "session_id=" + std::string{sid};
  const answer missing = complete("application/x-www-form-urlencoded", form);
  EXPECT_EQ(missing.status(), 409U);
  EXPECT_TRUE(missing.says(R"("missing_chunks":[1])"));
  data.assemble_at_once = false;
  send(place("1") + file("b") + end());
  const answer making = complete("application/x-www-form-urlencoded", form + "&total_chunks=3");
  EXPECT_EQ(making.status(), 202U);
  EXPECT_TRUE(making.says(R"("status":"assembling")"));
}

TEST_F(fallback, complete_refuses_what_it_cannot_read) {
  send(place("0") + file("a") + end());
  const std::string id = R"({"session_id":")" + std::string{sid} + "\"";
  const struct {
    const char* type;
    std::string body;
    unsigned status;
  } cases[] = {
      {"application/json", "{", 400},
      {"application/json", "[]", 400},
      {"application/json", "{}", 400},
      {"application/json", R"({"session_id":17})", 400},
      {"application/json", id + R"(,"metadata":[1]})", 400},
      {"application/json", id + R"(,"metadata":"text"})", 400},
      {"application/json", id + R"(,"total_chunks":"many"})", 400},
      {"application/json", id + R"(,"file_name":"a\u0000b"})", 400},
      {"application/x-www-form-urlencoded", "session_id=%zz", 400},
      {"application/x-www-form-urlencoded", "session_id=a&session_id=b", 400},
      {"application/xml", "<a/>", 415},
      {"multipart/form-data; boundary=edge", "--edge", 400},
      {"application/json", std::string(70'000, ' '), 413},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(complete(each.type, each.body).status(), each.status) << each.body.substr(0, 80);
  }
  EXPECT_EQ(complete("application/json", R"({"session_id":"1b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90"})").status(), 404U);
  EXPECT_TRUE(ask("GET " + in_session("/status")).says(R"("state":"open")"));
}

}  // namespace
}  // namespace wf::test
