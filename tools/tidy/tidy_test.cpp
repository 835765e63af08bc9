// Every rule of tidy reports a bad sample and leaves a good one alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "checks.hpp"

namespace wf::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> told(const findings& found) {
  std::vector<std::string> lines;
  for (const auto& [path, line, message] : found) lines.push_back(path + ":" + std::to_string(line) + ": " + message);
  return lines;
}

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "//\n";
  return text;
}

constexpr std::string_view good_links = R"(
wf_room(base    LINKS tl::expected fmt::fmt)
wf_room(http    LINKS waveforge::base)
wf_room(tus     LINKS waveforge::http waveforge::base)
wf_room(session LINKS waveforge::base simdjson::simdjson)
wf_room(io      PCH pch_asio.hpp LINKS waveforge::base wf_uring Boost::boost)
wf_room(store   LINKS waveforge::io waveforge::session waveforge::base)
wf_room(api     LINKS waveforge::store waveforge::session waveforge::tus waveforge::http waveforge::io
                      waveforge::base)
wf_room(net     LINKS waveforge::api waveforge::http waveforge::io waveforge::base)
wf_room(server  LINKS waveforge::net)
)";

source_tree links_with(std::string_view from, std::string_view to) {
  std::string text{good_links};
  text.replace(text.find(from), from.size(), to);
  return {{"src/CMakeLists.txt", text}};
}

// --- include directions ---

TEST(includes, a_room_may_know_what_the_drawing_says) {
  const source_tree tree{
      {"src/store/file_store.cpp", "#include \"waveforge/io/file.hpp\"\n#include \"waveforge/session/state.hpp\"\n"},
      {"src/store/rocks_facts.cpp", "#include <rocksdb/db.h>\n#include <boost/asio/awaitable.hpp>\n"},
      {"src/io/ring_context.cpp", "#include <liburing.h>\n#include <sys/eventfd.h>\n"},
      {"include/waveforge/tus/patch.hpp", "#include \"waveforge/http/fields.hpp\"\n#include <string>\n"},
      {"src/server/main.cpp", "#include \"waveforge/tus/options.hpp\"\n#include <CLI/CLI.hpp>\n"},
      {"tests/unit/http/range_test.cpp", "#include \"waveforge/store/store.hpp\"\n"},
  };
  EXPECT_THAT(told(check_includes(tree)), IsEmpty());
}

TEST(includes, every_forbidden_direction_is_reported) {
  const std::vector<std::pair<std::string, std::string>> forbidden{
      {"base", "http"},    {"http", "tus"},    {"http", "io"},    {"tus", "session"}, {"tus", "store"},
      {"session", "http"}, {"session", "tus"}, {"session", "io"}, {"io", "http"},     {"io", "session"},
      {"io", "store"},     {"store", "http"},  {"store", "tus"},  {"store", "api"},   {"store", "net"},
      {"api", "net"},      {"api", "server"},  {"net", "store"},  {"net", "tus"},     {"net", "session"},
      {"net", "server"}};
  for (const auto& [from, to] : forbidden) {
    const source_tree tree{{"src/" + from + "/x.cpp", "\n#include \"waveforge/" + to + "/y.hpp\"\n"}};
    EXPECT_THAT(told(check_includes(tree)),
                ElementsAre("src/" + from + "/x.cpp:2: the room " + from + " must not know " + to));
  }
}

TEST(includes, a_room_that_does_not_exist_is_reported) {
  const source_tree tree{{"include/waveforge/api/x.hpp", "#include \"waveforge/util/y.hpp\"\n"}};
  EXPECT_THAT(told(check_includes(tree)), ElementsAre("include/waveforge/api/x.hpp:1: there is no room 'util'"));
}

TEST(includes, pure_rooms_and_outer_rooms_do_not_reach_past_io) {
  const std::vector<std::pair<std::string, std::string>> forbidden{{"base", "boost/asio.hpp"},
                                                                   {"http", "unistd.h"},
                                                                   {"tus", "sys/socket.h"},
                                                                   {"session", "liburing.h"},
                                                                   {"session", "filesystem"},
                                                                   {"http", "thread"},
                                                                   {"store", "liburing.h"},
                                                                   {"store", "netinet/in.h"},
                                                                   {"api", "liburing.h"},
                                                                   {"api", "sys/socket.h"},
                                                                   {"net", "liburing.h"},
                                                                   {"api", "rocksdb/db.h"},
                                                                   {"net", "spdlog/spdlog.h"},
                                                                   {"io", "CLI/CLI.hpp"},
                                                                   {"io", "boost/asio/ip/tcp.hpp"},
                                                                   {"server", "boost/asio/io_context.hpp"},
                                                                   {"net", "boost/asio/steady_timer.hpp"}};
  for (const auto& [room, header] : forbidden) {
    const source_tree tree{{"src/" + room + "/x.cpp", "#include <" + header + ">\n"}};
    EXPECT_THAT(told(check_includes(tree)), ElementsAre(HasSubstr("<" + header + "> has no place here"))) << room;
  }
}

// --- link lists ---

TEST(room_links, the_drawing_itself_passes) {
  EXPECT_THAT(told(check_room_links({{"src/CMakeLists.txt", std::string{good_links}}})), IsEmpty());
}

TEST(room_links, a_link_against_the_direction_is_reported) {
  EXPECT_THAT(told(check_room_links(links_with("wf_room(http    LINKS", "wf_room(http LINKS waveforge::tus"))),
              ElementsAre("src/CMakeLists.txt:3: the room http must not link tus"));
}

TEST(room_links, a_pure_room_with_boost_is_reported) {
  EXPECT_THAT(told(check_room_links(links_with("simdjson::simdjson", "Boost::boost"))),
              ElementsAre(HasSubstr("session is pure and must not link Boost::boost")));
}

TEST(room_links, a_missing_link_a_missing_room_and_an_unknown_room_are_reported) {
  EXPECT_THAT(told(check_room_links(links_with("waveforge::io waveforge::session", "waveforge::io"))),
              ElementsAre(HasSubstr("store knows session and does not link it")));
  EXPECT_THAT(told(check_room_links(links_with("wf_room(tus     LINKS waveforge::http waveforge::base)", ""))),
              ElementsAre(HasSubstr("the room tus has no target")));
  EXPECT_THAT(told(check_room_links(links_with("wf_room(server  LINKS waveforge::net)",
                                               "wf_room(server LINKS waveforge::net)\nwf_room(attic)"))),
              ElementsAre(HasSubstr("there is no room 'attic'")));
  EXPECT_THAT(told(check_room_links({})), ElementsAre(HasSubstr("is not there")));
}

// --- sizes ---

TEST(sizes, the_limit_is_inclusive_and_depends_on_the_kind) {
  EXPECT_THAT(told(check_sizes({{"include/waveforge/io/a.hpp", lines(200)},
                                {"src/io/a.cpp", lines(400)},
                                {"tests/unit/io/a_test.cpp", lines(600)},
                                {"web/src/page/a.ts", lines(400)},
                                {"src/CMakeLists.txt", lines(900)}})),
              IsEmpty());
  EXPECT_THAT(told(check_sizes({{"include/waveforge/io/a.hpp", lines(201)},
                                {"src/io/a.cpp", lines(401)},
                                {"src/io/a.hpp", lines(201)},
                                {"tests/unit/io/a_test.cpp", lines(601)},
                                {"tools/wfload/a.cpp", lines(401)},
                                {"web/src/page/a.tsx", lines(401)}})),
              ::testing::SizeIs(6));
}

// --- dead files ---

TEST(dead_files, what_is_included_or_in_a_target_is_alive) {
  const source_tree tree{
      {"include/waveforge/io/file.hpp", ""},
      {"src/io/file.cpp", "#include \"waveforge/io/file.hpp\"\n#include \"slot.hpp\"\n"},
      {"src/io/slot.hpp", ""},
      {"tests/CMakeLists.txt", "file(GLOB s ${CMAKE_CURRENT_SOURCE_DIR}/unit/${room}/*_test.cpp)"},
      {"tests/unit/io/file_test.cpp", "#include \"support/fixture.hpp\"\n"},
      {"tests/support/fixture.hpp", ""},
      {"tests/e2e/CMakeLists.txt", "add_executable(e2e ../support/main.cpp ${CMAKE_SOURCE_DIR}/tests/support/log.cpp)"},
      {"tests/support/main.cpp", ""},
      {"tests/support/log.cpp", ""},
      {"tools/cmake/rooms.cmake", "target_precompile_headers(x pch.hpp)"},
      {"tools/cmake/pch.hpp", ""},
  };
  EXPECT_THAT(told(check_dead_files(tree)), IsEmpty());
}

TEST(dead_files, what_nobody_names_is_reported) {
  const source_tree tree{
      {"include/waveforge/io/file.hpp", "#include \"waveforge/io/file.hpp\"\n"},
      {"src/attic/file.cpp", ""},
      {"tests/CMakeLists.txt", "file(GLOB s ${CMAKE_CURRENT_SOURCE_DIR}/unit/${room}/*_test.cpp)"},
      {"tests/unit/io/helper.cpp", ""},
      {"tools/wfload/CMakeLists.txt", "add_executable(wfload main.cpp)"},
      {"tools/wfload/main.cpp", ""},
      {"tools/wfload/histogram.cpp", ""},
  };
  EXPECT_THAT(told(check_dead_files(tree)), ElementsAre("include/waveforge/io/file.hpp:0: nobody includes this header",
                                                        "src/attic/file.cpp:0: no target has this source",
                                                        "tests/unit/io/helper.cpp:0: no target has this source",
                                                        "tools/wfload/histogram.cpp:0: no target has this source"));
}

// --- banned words ---

TEST(banned, every_banned_call_is_reported_where_it_counts) {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"src/net/a.cpp", "co_spawn(e, f(), asio::detached);"},
      {"tests/e2e/a.cpp", "std::thread([] {}).detach();"},
      {"src/io/a.cpp", "std::this_thread::sleep_for(1s);"},
      {"tests/unit/io/a_test.cpp", "usleep(10);"},
      {"src/io/a.cpp", "asio::any_io_executor e;"},
      {"include/waveforge/io/a.hpp", "#pragma once\nasio::steady_timer t;"},
      {"src/io/a.cpp", "assert(x);"},
      {"tests/support/a.hpp", "#pragma once\nusing namespace std;"},
      {"src/store/a.cpp", "auto t = std::chrono::steady_clock::now();"},
      {"src/store/a.cpp", "std::random_device d;"},
      {"src/store/a.cpp", "if (a && co_await b()) c();"},
      {"tests/unit/io/a_test.cpp", "GTEST_SKIP();"},
      {"tests/unit/io/a_test.cpp", std::string{"TEST(a, DISABLED"} + "_b) {}"},
      {"src/io/a.cpp", std::string{"// TO"} + "DO: later"},
      {"web/src/page/a.ts", std::string{"// FIX"} + "ME"},
      {"tests/e2e/a.cpp", std::string{"run(\"/ho"} + "me/me/x\");"},
      {"web/test/unit/a.test.ts", "describe.only('x', f)"},
  };
  for (const auto& [path, text] : bad) {
    EXPECT_THAT(told(check_banned({{path, text}})), ElementsAre(HasSubstr(path + ":"))) << text;
  }
}

TEST(banned, a_header_without_pragma_once_is_reported) {
  EXPECT_THAT(told(check_banned({{"tests/support/a.hpp", "int x;\n"}})), ElementsAre(HasSubstr("#pragma once")));
}

TEST(banned, what_only_looks_similar_passes) {
  EXPECT_THAT(told(check_banned(
                  {{"src/io/task_scope.cpp", "co_spawn(e, f(), asio::detached);"},
                   {"src/io/a.cpp", "static_assert(x);\n// never assert(x) or asio::detached\nf(\"usleep\");"},
                   {"src/io/uring_ring.cpp", "auto t = std::chrono::steady_clock::now();"},
                   {"include/waveforge/server/clock.hpp", "#pragma once\nauto t = std::chrono::steady_clock::now();"},
                   {"tests/e2e/a.cpp",
                    "std::this_thread::sleep_for(poll); GTEST_SKIP() << \"kernel 6.8\"; mkdtemp(\"wf-XXXXXX\");"},
                   {"src/io/b.cpp", "using namespace std; co_await sleep_until(deadline);"},
                   {"src/base/a.hpp", "#pragma once\nusing namespace std::chrono_literals;"}})),
              IsEmpty());
}

// --- reading ---

TEST(code_only, blanks_comments_and_literals_and_keeps_lines) {
  EXPECT_EQ(code_only("a // b\nc"), "a     \nc");
  EXPECT_EQ(code_only("a /* b\nc */ d"), "a     \n     d");
  EXPECT_EQ(code_only(R"(f("a\"b", 'c', '\'');)"), R"(f("    ", ' ', '  ');)");
  EXPECT_EQ(code_only("x = 1'000; y = 'z';"), "x = 1'000; y = ' ';");
  EXPECT_EQ(code_only("#include \"a/b.hpp\"\n\"c\""), "#include \"a/b.hpp\"\n\" \"");
  EXPECT_EQ(code_only("f(R\"x(a)\" \"b)x\") + g"), "f(             ) + g");
  EXPECT_EQ(code_only("/* open"), "       ");
}

TEST(load_tree, reads_sources_and_leaves_out_what_is_made) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path{::testing::TempDir()} / ("tidy_test_" + std::to_string(::getpid()));
  for (const auto* path :
       {"src/io/a.cpp", "build/x.cpp", "web/node_modules/y.ts", ".hidden/z.cpp", "README.md", "src/CMakeLists.txt"}) {
    fs::create_directories((root / path).parent_path());
    std::ofstream{root / path} << path;
  }
  const auto tree = load_tree(root);
  fs::remove_all(root);
  EXPECT_THAT(tree, ElementsAre(::testing::Pair("src/CMakeLists.txt", "src/CMakeLists.txt"),
                                ::testing::Pair("src/io/a.cpp", "src/io/a.cpp")));
}

}  // namespace
}  // namespace wf::tidy
