// Which path is which address, and which methods each takes.
#include "waveforge/api/route.hpp"

#include <gtest/gtest.h>

namespace wf::api {
namespace {

struct path_case {
  const char* path;
  std::optional<place> where;
  const char* id;
  const char* chunk;
};

TEST(route, finds_every_address_and_nothing_else) {
  const path_case cases[] = {
      {"/files", place::session_list, "", ""},
      {"/files/", place::session_list, "", ""},
      {"/files/abc", place::session, "abc", ""},
      {"/files/abc/", place::session, "abc", ""},
      {"/files/abc/chunks", place::session_chunks, "abc", ""},
      {"/files/abc/chunks/", place::session_chunks, "abc", ""},
      {"/files/abc/chunks/0", place::session_chunk, "abc", "0"},
      {"/files/abc/chunks/0/", place::session_chunk, "abc", "0"},
      {"/files/abc/chunks/../x", std::nullopt, "", ""},
      {"/files/abc/chunks/0/x", std::nullopt, "", ""},
      {"/files/abc/chunks//", std::nullopt, "", ""},
      {"/files/abc/status", place::session_status, "abc", ""},
      {"/files/abc/status/", place::session_status, "abc", ""},
      {"/files/abc/status/x", std::nullopt, "", ""},
      {"/files/abc/assemble", place::session_assemble, "abc", ""},
      {"/files/abc/recording", place::session_recording, "abc", ""},
      {"/files/abc/events", place::session_events, "abc", ""},
      {"/files/abc/other", std::nullopt, "", ""},
      {"/files/../etc/passwd", std::nullopt, "", ""},
      {"/files/..", place::session, "..", ""},
      {"/files//status", place::session_status, "", ""},
      {"/filesystem", place::page, "", ""},
      {"/tus", place::tus_collection, "", ""},
      {"/tus/", place::tus_collection, "", ""},
      {"/tus/1f", place::tus_upload, "1f", ""},
      {"/tus/1f/", place::tus_upload, "1f", ""},
      {"/tus/1f/x", std::nullopt, "", ""},
      {"/tus//", std::nullopt, "", ""},
      {"/upload/chunk", place::upload_chunk, "", ""},
      {"/upload/chunk/", place::upload_chunk, "", ""},
      {"/recording/complete", place::recording_complete, "", ""},
      {"/health", place::health, "", ""},
      {"/ready", place::ready, "", ""},
      {"/metrics", place::metrics, "", ""},
      {"/version", place::version, "", ""},
      {"/", place::page, "", ""},
      {"/sw.js", place::page, "", ""},
      {"/health//", place::page, "", ""},
      {"*", place::server, "", ""},
  };
  for (const path_case& each : cases) {
    const auto found = find_address(each.path, "/tus");
    ASSERT_EQ(found.has_value(), each.where.has_value()) << each.path;
    if (!found.has_value()) continue;
    EXPECT_EQ(found->where, *each.where) << each.path;
    EXPECT_EQ(found->id, each.id) << each.path;
    EXPECT_EQ(found->chunk, each.chunk) << each.path;
  }
}

TEST(route, the_base_of_plain_tus_may_be_elsewhere) {
  EXPECT_EQ(find_address("/api/uploads/7", "/api/uploads")->where, place::tus_upload);
  EXPECT_EQ(find_address("/tus/7", "/api/uploads")->where, place::page);
}

TEST(route, every_address_names_its_methods) {
  const store::capabilities can{};
  EXPECT_EQ(allowed_methods(place::session_chunks, can), "POST, OPTIONS");
  EXPECT_EQ(allowed_methods(place::session_chunk, can), "HEAD, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(allowed_methods(place::session, can), "DELETE, OPTIONS");
  EXPECT_EQ(allowed_methods(place::session_status, can), "GET, HEAD, OPTIONS");
  EXPECT_EQ(allowed_methods(place::session_assemble, can), "POST, OPTIONS");
  EXPECT_EQ(allowed_methods(place::session_recording, can), "GET, HEAD, OPTIONS");
  EXPECT_EQ(allowed_methods(place::health, can), "GET, HEAD, OPTIONS");
  EXPECT_EQ(allowed_methods(place::server, can), "GET, HEAD, POST, PATCH, DELETE, OPTIONS");
}

TEST(route, what_the_store_cannot_do_is_not_routed) {
  store::capabilities can{};
  can.can_delete = false;
  EXPECT_EQ(allowed_methods(place::session_chunk, can), "HEAD, PATCH, OPTIONS");
  EXPECT_EQ(find_route(place::session, http::method::delete_, can), nullptr);
}

TEST(route, no_address_takes_a_method_twice) {
  for (const route& one : all_routes()) {
    int same = 0;
    for (const route& other : all_routes()) same += one.where == other.where && one.verb == other.verb ? 1 : 0;
    EXPECT_EQ(same, 1);
  }
}

}  // namespace
}  // namespace wf::api
