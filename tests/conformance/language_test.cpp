// The language of the documents: what is written is what is sent, and what the language does not know is refused with
// its line instead of being passed over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "conformance/document.hpp"
#include "conformance/placeholders.hpp"
#include "support/temp_dir.hpp"

namespace wf::test::conformance {
namespace {

document read(const std::string& text) {
  const temp_dir place;
  std::ofstream{place.path() / "one.md"} << text;
  return read_document(place.path() / "one.md");
}

std::string refusal(const std::string& text) {
  try {
    (void)read(text);
  } catch (const std::runtime_error& failure) {
    return failure.what();
  }
  return "taken";
}

const std::string opening = "# Title\n\n## A case\nSource: RFC 9112 3 (a, b); tus 1.0.0, PATCH\n\n";

TEST(language, a_case_has_sources_rules_and_steps) {
  const document doc = read(
      "# Title\n\n```server\n--one 1\n--two\n```\n\n## A case\nSource: RFC 9112 3 (a, b);\n  tus 1.0.0, PATCH\n\n"
      "```>>> b cut\nGET / HTTP/1.1\n\nbody\\\n```\n"
      "```<<< b within 50ms\n200 or 404\nA: x y\nB ~ ^z\nC -> kept\n! D\nstays\n\n~ text\n```\n"
      "```do\nwait 5\nabort b\n```\n");
  EXPECT_EQ(doc.title, "Title");
  EXPECT_EQ(doc.server_flags, (std::vector<std::string>{"--one", "1", "--two"}));
  ASSERT_EQ(doc.cases.size(), 1U);
  const test_case& one = doc.cases[0];
  ASSERT_EQ(one.sources.size(), 2U);
  EXPECT_EQ(one.sources[0].section, "RFC 9112 3");
  EXPECT_EQ(one.sources[0].rules, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(one.sources[1].section, "tus 1.0.0, PATCH");
  ASSERT_EQ(one.steps.size(), 4U);
  EXPECT_EQ(one.steps[0].send->bytes, "GET / HTTP/1.1\r\n\r\nbody");
  EXPECT_TRUE(one.steps[0].send->under_test);
  const expectation& wanted = *one.steps[1].expect;
  EXPECT_EQ(wanted.statuses, (std::vector<int>{200, 404}));
  EXPECT_EQ(wanted.within_ms, 50);
  EXPECT_EQ(wanted.fields.size(), 4U);
  EXPECT_EQ(wanted.closes, false);
  EXPECT_EQ(wanted.body.size(), 1U);
  EXPECT_EQ(one.steps[3].act->verb, "abort");
}

TEST(language, escapes_and_line_ends) {
  const document doc = read(opening + "```>>>\na\\r\\n\\t\\0\\x41\\\\\\s\nb\\\nc\n```\n```<<<\nclosed\n```\n");
  EXPECT_EQ(doc.cases[0].steps[0].send->bytes, std::string("a\r\n\t\0A\\ \r\nbc\r\n", 14));
  EXPECT_TRUE(doc.cases[0].steps[1].expect->statuses.empty());
}

TEST(language, what_it_does_not_know_is_refused_with_its_line) {
  EXPECT_THAT(refusal(opening + "```>>> loudly\nx\n```\n"), testing::HasSubstr("one.md:8: a sending does not know"));
  EXPECT_THAT(refusal(opening + "```>>>\n\\q\n```\n"), testing::HasSubstr("unknown escape"));
  EXPECT_THAT(refusal(opening + "```<<<\nmaybe\n```\n"), testing::HasSubstr("not a status"));
  EXPECT_THAT(refusal(opening + "```<<<\n200\nnonsense\n```\n"), testing::HasSubstr("not a rule"));
  EXPECT_THAT(refusal(opening + "```<<<\n200\n\nnonsense\n```\n"), testing::HasSubstr("a body line begins"));
  EXPECT_THAT(refusal(opening + "```>>>\nx\n"), testing::HasSubstr("without an end"));
  EXPECT_THAT(refusal(opening), testing::HasSubstr("does nothing"));
  EXPECT_THAT(refusal("# T\n\n## A\n\n```>>>\nx\n```\n"), testing::HasSubstr("names no source"));
  EXPECT_THAT(refusal("# T\n"), testing::HasSubstr("needs a case"));
}

TEST(language, placeholders) {
  const std::map<std::string, std::string> known{{"sid", "S"}, {"url", "http://h:1/tus/a"}};
  EXPECT_EQ(expand("x{sid}y", known), "xSy");
  EXPECT_EQ(expand("{path:url}", known), "/tus/a");
  EXPECT_EQ(expand("{b64:0}", known), "MA==");
  EXPECT_EQ(expand("{repeat:3:ab}", known), "ababab");
  EXPECT_EQ(expand("{sha1:abc}", known), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
  EXPECT_EQ(expand("{crc32:123456789}", known), "y/Q5Jg==");
  EXPECT_EQ(expand(R"({"a":{"b":[1]},"c":{}})", known), R"({"a":{"b":[1]},"c":{}})");
  EXPECT_THROW((void)expand("{nobody}", known), std::runtime_error);
  EXPECT_THROW((void)expand("{nothing:x}", known), std::runtime_error);
}

}  // namespace
}  // namespace wf::test::conformance
