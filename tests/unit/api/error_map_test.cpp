// Every failure has its status, and what an answer says of it is neither too little nor too much.
#include "waveforge/api/error_map.hpp"

#include <gtest/gtest.h>

#include "waveforge/base/error.hpp"

namespace wf::api {
namespace {

std::string body_of(const reply& answer) {
  return std::get<std::string>(answer.body);
}

std::string field_of(const reply& answer, std::string_view name) {
  for (const auto& [key, value] : answer.fields) {
    if (key == name) return value;
  }
  return "(none)";
}

TEST(error_map, every_code_has_its_status) {
  const std::pair<errc, unsigned> table[] = {
      {errc::bad_request, 400},
      {errc::forbidden, 403},
      {errc::https_required, 403},
      {errc::unauthorized, 401},
      {errc::not_found, 404},
      {errc::expired, 410},
      {errc::cancelled, 410},
      {errc::unsupported_media, 415},
      {errc::unsupported_version, 412},
      {errc::precondition_failed, 412},
      {errc::too_large, 413},
      {errc::metadata_too_large, 431},
      {errc::checksum_mismatch, 460},
      {errc::range_not_satisfiable, 416},
      {errc::offset_conflict, 409},
      {errc::length_conflict, 409},
      {errc::total_conflict, 409},
      {errc::content_conflict, 409},
      {errc::state_conflict, 409},
      {errc::chunks_missing, 409},
      {errc::locked, 423},
      {errc::rate_limited, 429},
      {errc::no_space, 507},
      {errc::unavailable, 503},
      {errc::timed_out, 503},
      {errc::damaged, 500},
      {errc::io_failed, 500},
      {errc::internal, 500},
  };
  for (const auto& [code, status] : table) {
    const reply answer = problem({code, {}, 0});
    EXPECT_EQ(answer.status, status) << name_of(code);
    EXPECT_FALSE(answer.silent) << name_of(code);
    EXPECT_EQ(field_of(answer, "Content-Type"), "application/problem+json") << name_of(code);
    EXPECT_NE(body_of(answer).find("\"type\":\"" + std::string{name_of(code)} + "\""), std::string::npos);
    EXPECT_NE(body_of(answer).find("\"status\":" + std::to_string(status)), std::string::npos);
    EXPECT_EQ(body_of(answer).find("\"detail\":\"\""), std::string::npos) << name_of(code);
  }
}

TEST(error_map, nobody_is_told_of_a_displaced_request_or_a_lost_peer) {
  for (const errc code : {errc::displaced, errc::peer_gone}) {
    for (const reply& answer : {problem({code, {}, 0}), head_problem({code, {}, 0}), append_problem({code, {}, 0})}) {
      EXPECT_TRUE(answer.silent);
      EXPECT_TRUE(answer.close);
    }
  }
  EXPECT_TRUE(append_problem({errc::timed_out, {}, 0}).silent);
}

TEST(error_map, head_of_what_exists_is_never_429_or_5xx) {
  for (const errc code : {errc::rate_limited, errc::no_space, errc::unavailable, errc::timed_out, errc::damaged,
                          errc::io_failed, errc::internal}) {
    EXPECT_EQ(head_problem({code, {}, 0}).status, 423) << name_of(code);
  }
  EXPECT_EQ(head_problem({errc::not_found, {}, 0}).status, 404);
  EXPECT_EQ(head_problem({errc::expired, {}, 0}).status, 410);
}

TEST(error_map, our_own_troubles_are_not_told) {
  EXPECT_EQ(body_of(problem({errc::io_failed, "/var/secret: EIO", 5})).find("secret"), std::string::npos);
  EXPECT_EQ(body_of(problem({errc::internal, "null pointer", 0})).find("pointer"), std::string::npos);
  EXPECT_NE(body_of(problem({errc::bad_request, "say it so", 0})).find("say it so"), std::string::npos);
}

TEST(error_map, fields_go_with_their_status) {
  EXPECT_EQ(field_of(problem({errc::unsupported_version, {}, 0}), "Tus-Version"), "1.0.0");
  EXPECT_EQ(field_of(problem({errc::unauthorized, {}, 0}), "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(field_of(problem({errc::unavailable, {}, 0}), "Retry-After"), "1");
  problem_details details;
  details.upload_offset_bytes = 7;
  EXPECT_EQ(field_of(problem({errc::offset_conflict, {}, 0}, details), "Upload-Offset"), "7");
  EXPECT_EQ(field_of(method_not_allowed("GET, OPTIONS"), "Allow"), "GET, OPTIONS");
  EXPECT_EQ(method_unknown().status, 501);
}

TEST(error_map, a_very_long_list_is_counted_instead) {
  problem_details details;
  details.missing_chunks.emplace().add(3, 50'003);
  const std::string body = body_of(problem({errc::chunks_missing, {}, 0}, details));
  EXPECT_NE(body.find(R"("missing_count":50000)"), std::string::npos);
  EXPECT_LT(body.size(), 60'000U);
}

}  // namespace
}  // namespace wf::api
