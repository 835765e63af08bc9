// A recording counts as finished only when the server says assembled and every byte was compared.
#include "wfload/finish_job.hpp"

#include <gtest/gtest.h>

namespace wf::load {
namespace {

TEST(finish_job, waits_for_the_state_and_compares_the_whole) {
  options how;
  how.chunks_per_recording = 2;
  how.verify = true;
  const request_text text{how, target{}};
  finish_job work{how, text, std::make_shared<const recording>(how, 0)};
  step now = work.next(nullptr);
  ASSERT_TRUE(std::holds_alternative<exchange>(now));
  answer last;
  last.status = 200;
  last.text = R"({"session_id":"x", "state" : "assembling"})";
  EXPECT_TRUE(std::holds_alternative<pause>(work.next(&last)));
  EXPECT_TRUE(std::holds_alternative<exchange>(work.next(nullptr)));
  last.text = R"({"state":"assembled"})";
  now = work.next(&last);
  ASSERT_TRUE(std::holds_alternative<exchange>(now));
  EXPECT_EQ(std::get<exchange>(now).wanted->length_bytes, 2 * how.chunk_bytes);
  last.text.clear();
  last.body_bytes = 2 * how.chunk_bytes;
  EXPECT_FALSE(work.compared());
  EXPECT_TRUE(std::holds_alternative<finished>(work.next(&last)));
  EXPECT_TRUE(work.compared());
}

TEST(finish_job, a_failed_state_fails) {
  options how;
  const request_text text{how, target{}};
  finish_job work{how, text, std::make_shared<const recording>(how, 0)};
  (void)work.next(nullptr);
  answer last;
  last.status = 200;
  last.text = R"({"state":"damaged"})";
  EXPECT_TRUE(std::holds_alternative<failed>(work.next(&last)));
}

TEST(json_string, finds_a_member_and_nothing_else) {
  EXPECT_EQ(json_string(R"({"a":"state","state":"open"})", "state"), "open");
  EXPECT_EQ(json_string(R"({"state":null})", "state"), "");
  EXPECT_EQ(json_string(R"({"restate":"no"})", "state"), "");
  EXPECT_EQ(json_string("", "state"), "");
}

}  // namespace
}  // namespace wf::load
