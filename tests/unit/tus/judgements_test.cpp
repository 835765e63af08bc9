// The rules of tus 1.0.0 as tables of cases: one row a rule, named after the protocol's sections.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "waveforge/tus/create.hpp"
#include "waveforge/tus/head.hpp"
#include "waveforge/tus/header_values.hpp"
#include "waveforge/tus/method_override.hpp"
#include "waveforge/tus/options.hpp"
#include "waveforge/tus/patch.hpp"
#include "waveforge/tus/terminate.hpp"

namespace wf::tus {
namespace {

void expect_sentence(const error& why, errc code) {
  EXPECT_EQ(why.code, code) << why.detail;
  EXPECT_TRUE(why.detail.ends_with('.')) << why.detail;
}

TEST(header_values, explain_themselves) {
  for (const header_errc why :
       {header_errc::empty, header_errc::not_digits, header_errc::too_large, header_errc::not_one}) {
    const error said = explain(why, "Upload-Offset");
    expect_sentence(said, errc::bad_request);
    EXPECT_TRUE(said.detail.starts_with("Upload-Offset")) << said.detail;
  }
  expect_sentence(explain(version_verdict::missing), errc::unsupported_version);
  expect_sentence(explain(version_verdict::unsupported), errc::unsupported_version);
  for (const std::string_view value :
       {" 1", "1 ", "0x1", "1e3", "abc", "\xb2", "18446744073709551616", "9223372036854775808"}) {
    EXPECT_FALSE(parse_upload_length(value)) << value;
  }
  for (const std::string_view value : {"", "0", "01", "true", "1 "}) EXPECT_FALSE(parse_defer_length(value)) << value;
  EXPECT_EQ(judge_version(""), version_verdict::unsupported);
  EXPECT_EQ(judge_version("1.0"), version_verdict::unsupported);
}

// --- Creation, Creation Defer Length, Creation With Upload ---

struct create_case {
  create_request request;
  create_verdict verdict;
};

TEST(create, judges) {
  constexpr auto final_ = upload_role::final_;
  constexpr auto partial = upload_role::partial;
  const create_case cases[] = {
      {{.length_bytes = 5}, create_verdict::create},
      {{.length_bytes = 0}, create_verdict::create},
      {{.length_bytes = 5, .length_bytes_max = 5}, create_verdict::create},
      {{.length_bytes = 6, .length_bytes_max = 5}, create_verdict::length_too_large},
      {{.length_deferred = true, .length_bytes_max = 5}, create_verdict::create},
      {{}, create_verdict::length_missing},
      {{.length_bytes = 5, .length_deferred = true}, create_verdict::length_twice},
      {{.length_bytes = 5, .role = partial}, create_verdict::create},
      {{.role = partial}, create_verdict::length_missing},
      {{.length_bytes = 5, .has_body = true, .body_bytes = 5, .body_is_offset_stream = true}, create_verdict::create},
      {{.length_bytes = 5, .has_body = true, .body_bytes = 3, .body_is_offset_stream = true}, create_verdict::create},
      {{.length_bytes = 5, .has_body = true, .body_is_offset_stream = true}, create_verdict::create},
      {{.length_bytes = 5, .has_body = true, .body_bytes = 6, .body_is_offset_stream = true},
       create_verdict::body_too_long},
      {{.length_bytes = 5, .has_body = true, .body_bytes = 5}, create_verdict::body_wrong_type},
      {{.length_bytes = 5, .body_bytes = 0}, create_verdict::create},
      {{.length_deferred = true,
        .has_body = true,
        .body_bytes = 6,
        .body_is_offset_stream = true,
        .length_bytes_max = 5},
       create_verdict::body_too_long},
      {{.length_deferred = true, .has_body = true, .body_bytes = 6, .body_is_offset_stream = true},
       create_verdict::create},
      {{.role = final_}, create_verdict::create},
      {{.length_bytes = 0, .role = final_}, create_verdict::final_has_length},
      {{.length_deferred = true, .role = final_}, create_verdict::final_has_length},
      {{.role = final_, .has_body = true}, create_verdict::final_has_body},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i)
    EXPECT_EQ(judge_create(cases[i].request), cases[i].verdict) << "row " << i;
}

TEST(create, explains) {
  expect_sentence(explain(create_verdict::length_missing, {.length_bytes_max = 5}), errc::bad_request);
  expect_sentence(explain(create_verdict::length_twice, {.length_bytes_max = 5}), errc::bad_request);
  expect_sentence(explain(create_verdict::length_too_large, {.length_bytes_max = 5}), errc::too_large);
  expect_sentence(explain(create_verdict::body_wrong_type, {.length_bytes_max = 5}), errc::unsupported_media);
  expect_sentence(explain(create_verdict::body_too_long, {.length_bytes_max = 5}), errc::too_large);
  expect_sentence(explain(create_verdict::final_has_length, {.length_bytes_max = 5}), errc::bad_request);
  expect_sentence(explain(create_verdict::final_has_body, {.length_bytes_max = 5}), errc::bad_request);
  EXPECT_EQ(explain(create_verdict::create, {.length_bytes_max = 5}).code, errc::internal);
}

TEST(create, is_idempotent_while_the_lengths_agree) {
  EXPECT_EQ(judge_repeat({5, 5}), repeat_verdict::same);
  EXPECT_EQ(judge_repeat({5, 6}), repeat_verdict::conflict);
  EXPECT_EQ(judge_repeat({5, std::nullopt}), repeat_verdict::same);
  EXPECT_EQ(judge_repeat({std::nullopt, std::nullopt}), repeat_verdict::same);
  EXPECT_EQ(judge_repeat({std::nullopt, 5}), repeat_verdict::tells_length);
}

// --- PATCH ---

struct patch_case {
  upload_state upload;
  patch_request request;
  patch_verdict verdict;
};

TEST(patch, judges) {
  constexpr upload_state half{.offset_bytes = 5, .length_bytes = 10};
  constexpr upload_state deferred{.offset_bytes = 5};
  constexpr upload_state full{.offset_bytes = 10, .length_bytes = 10};
  constexpr upload_state closed{.offset_bytes = 10, .length_bytes = 10, .closed = true};
  constexpr upload_state empty{.offset_bytes = 0, .length_bytes = 0};
  constexpr upload_state final_{.role = upload_role::final_, .offset_bytes = 10, .length_bytes = 10};
  const auto send = [](std::uint64_t offset, std::optional<std::uint64_t> body) {
    return patch_request{.offset_bytes = offset, .body_bytes = body, .body_is_offset_stream = true};
  };
  const auto tell = [](std::uint64_t offset, std::uint64_t body, std::uint64_t length,
                       std::optional<std::uint64_t> most = {}) {
    return patch_request{.offset_bytes = offset,
                         .length_bytes = length,
                         .body_bytes = body,
                         .body_is_offset_stream = true,
                         .length_bytes_max = most};
  };
  const patch_case cases[] = {
      {half, send(5, 5), patch_verdict::append},
      {half, send(5, 0), patch_verdict::append},
      {half, send(5, std::nullopt), patch_verdict::append},
      {half, send(5, 6), patch_verdict::past_length},
      {half, send(5, UINT64_MAX), patch_verdict::past_length},
      {half, send(4, 5), patch_verdict::offset_conflict},
      {half, send(6, 1), patch_verdict::offset_conflict},
      {half, send(UINT64_MAX, UINT64_MAX), patch_verdict::offset_conflict},
      {half, {.body_bytes = 5, .body_is_offset_stream = true}, patch_verdict::offset_missing},
      {half, {.offset_bytes = 5, .body_bytes = 5}, patch_verdict::wrong_type},
      {half, {}, patch_verdict::wrong_type},
      {full, send(10, 0), patch_verdict::append},
      {full, send(10, 1), patch_verdict::past_length},
      {empty, send(0, 0), patch_verdict::append},
      {closed, send(10, 0), patch_verdict::append},
      {closed, send(10, 1), patch_verdict::closed},
      {closed, send(10, std::nullopt), patch_verdict::closed},
      {closed, send(5, 5), patch_verdict::offset_conflict},
      {final_, send(10, 0), patch_verdict::final_upload},
      {final_, {}, patch_verdict::final_upload},
      {{.where = presence::unknown}, send(0, 1), patch_verdict::unknown},
      {{.where = presence::expired}, send(0, 1), patch_verdict::expired},
      {{.where = presence::cancelled}, {}, patch_verdict::cancelled},
      // Creation Defer Length
      {deferred, send(5, 500), patch_verdict::append},
      {deferred, tell(5, 5, 10), patch_verdict::append},
      {deferred, tell(5, 0, 5), patch_verdict::append},
      {deferred, tell(5, 6, 10), patch_verdict::past_length},
      {deferred, tell(5, 0, 4), patch_verdict::length_too_small},
      {deferred, tell(5, 0, 11, 10), patch_verdict::length_too_large},
      {half, tell(5, 5, 10), patch_verdict::append},
      {half, tell(5, 5, 11), patch_verdict::length_changed},
      {half, tell(5, 5, 9), patch_verdict::length_changed},
      {deferred,
       {.offset_bytes = 5, .body_bytes = 6, .body_is_offset_stream = true, .length_bytes_max = 10},
       patch_verdict::past_length},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i)
    EXPECT_EQ(judge_patch(cases[i].upload, cases[i].request), cases[i].verdict) << "row " << i;
}

TEST(patch, bounds_what_a_body_may_add) {
  EXPECT_EQ(room_bytes(5, 10, std::nullopt), 5U);
  EXPECT_EQ(room_bytes(10, 10, 5), 0U);
  EXPECT_EQ(room_bytes(5, std::nullopt, 9), 4U);
  EXPECT_EQ(room_bytes(0, std::nullopt, std::nullopt), static_cast<std::uint64_t>(INT64_MAX));
  EXPECT_EQ(room_bytes(11, 10, std::nullopt), 0U);
}

TEST(patch, explains) {
  const upload_state upload{.offset_bytes = 7, .length_bytes = 9};
  const patch_request request{.length_bytes_max = 8};
  const std::pair<patch_verdict, errc> all[] = {{patch_verdict::unknown, errc::not_found},
                                                {patch_verdict::expired, errc::expired},
                                                {patch_verdict::cancelled, errc::cancelled},
                                                {patch_verdict::final_upload, errc::forbidden},
                                                {patch_verdict::wrong_type, errc::unsupported_media},
                                                {patch_verdict::offset_missing, errc::bad_request},
                                                {patch_verdict::offset_conflict, errc::offset_conflict},
                                                {patch_verdict::length_changed, errc::bad_request},
                                                {patch_verdict::length_too_small, errc::bad_request},
                                                {patch_verdict::length_too_large, errc::too_large},
                                                {patch_verdict::past_length, errc::too_large},
                                                {patch_verdict::closed, errc::state_conflict}};
  std::set<std::string> sentences;
  for (const auto& [verdict, code] : all) {
    expect_sentence(explain(verdict, upload, request), code);
    sentences.insert(explain(verdict, upload, request).detail);
  }
  EXPECT_EQ(sentences.size(), std::size(all));
  EXPECT_NE(explain(patch_verdict::offset_conflict, upload, request).detail.find('7'), std::string::npos);
  EXPECT_NE(explain(patch_verdict::length_too_large, upload, request).detail.find(" 8 "), std::string::npos);
  EXPECT_NE(explain(patch_verdict::past_length, upload, request).detail.find(" 2 "), std::string::npos);
  EXPECT_EQ(explain(patch_verdict::append, upload, request).code, errc::internal);
}

// --- HEAD, Termination ---

TEST(head, tells_what_there_is) {
  EXPECT_EQ(answer_head({.offset_bytes = 10, .length_bytes = 10}), (head_answer{10, 10, false}));
  EXPECT_EQ(answer_head({}), (head_answer{0, std::nullopt, true}));
  EXPECT_EQ(answer_head({.role = upload_role::partial, .offset_bytes = 1, .length_bytes = 2}),
            (head_answer{1, 2, false}));
  EXPECT_EQ(answer_head({.role = upload_role::final_, .offset_bytes = 2, .length_bytes = 2}),
            (head_answer{2, 2, false}));
  EXPECT_EQ(answer_head({.role = upload_role::final_, .offset_bytes = 1, .length_bytes = 2}),
            (head_answer{std::nullopt, 2, false}));
  EXPECT_EQ(answer_head({.role = upload_role::final_}), (head_answer{std::nullopt, std::nullopt, false}));
}

TEST(head, and_termination_know_what_is_gone) {
  const std::tuple<presence, head_verdict, terminate_verdict, errc> rows[] = {
      {presence::unknown, head_verdict::unknown, terminate_verdict::unknown, errc::not_found},
      {presence::expired, head_verdict::expired, terminate_verdict::expired, errc::expired},
      {presence::cancelled, head_verdict::cancelled, terminate_verdict::cancelled, errc::cancelled}};
  for (const auto& [where, head, terminate, code] : rows) {
    const upload_state gone{.where = where, .closed = true};
    EXPECT_EQ(judge_head(gone), head);
    EXPECT_EQ(judge_terminate(gone), terminate);
    expect_sentence(explain(head), code);
    expect_sentence(explain(terminate), code);
    expect_sentence(explain(where), code);
  }
  EXPECT_EQ(judge_head({.closed = true}), head_verdict::tell);
  expect_sentence(explain(terminate_verdict::closed), errc::state_conflict);
  EXPECT_EQ(explain(terminate_verdict::terminate).code, errc::internal);
  EXPECT_EQ(explain(head_verdict::tell).code, errc::internal);
  EXPECT_EQ(explain(presence::live).code, errc::internal);
}

// --- OPTIONS, X-HTTP-Method-Override ---

TEST(options, advertises_what_is_on) {
  EXPECT_EQ(tus_extension({}),
            "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination");
  EXPECT_EQ(tus_extension({.concatenation = true, .concatenation_unfinished = true}),
            "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,"
            "concatenation,concatenation-unfinished");
  EXPECT_EQ(tus_extension({.creation = false,
                           .expiration = false,
                           .checksum = false,
                           .termination = false,
                           .concatenation_unfinished = true}),
            "");
  EXPECT_EQ(tus_checksum_algorithm({}), "sha1,sha256,md5,crc32");
  EXPECT_EQ(tus_checksum_algorithm({.checksum = false}), "");
}

TEST(method_override, replaces_the_method) {
  EXPECT_EQ(effective_method(http::method::post, std::nullopt), http::method::post);
  EXPECT_EQ(effective_method(http::method::post, "PATCH"), http::method::patch);
  EXPECT_EQ(effective_method(http::method::get, "OPTIONS"), http::method::options);
  for (const std::string_view value : {"", "patch", "BREW", "PATCH "}) {
    const auto method = effective_method(http::method::post, value);
    ASSERT_FALSE(method) << value;
    expect_sentence({method.error().code, method.error().detail + "."}, errc::bad_request);
  }
}

}  // namespace
}  // namespace wf::tus
