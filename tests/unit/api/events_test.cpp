// Server-sent events: the present state first, then what changed, a comment when nothing does, the end.
#include "support/api_fixture.hpp"
#include "waveforge/api/session_events.hpp"

namespace wf::test {
namespace {

class session_stream : public api_fixture {
 public:
  api::stream_body& open() {
    answer_ = ask("GET " + in_session("/events"));
    EXPECT_EQ(answer_.status(), 200U);
    return *std::get<std::unique_ptr<api::stream_body>>(answer_.got.body);
  }
  std::string next(api::stream_body& stream) { return here.run(stream.next(io::deadline::never())); }
  answer answer_{};
};

TEST_F(session_stream, begins_with_the_present_state) {
  create("0", 5);
  patch("0", 0, "hello");
  const std::string first = next(open());
  EXPECT_EQ(answer_.field("Content-Type"), "text/event-stream");
  EXPECT_EQ(answer_.field("Cache-Control"), "no-store");
  EXPECT_TRUE(first.starts_with("id: ")) << first;
  EXPECT_NE(first.find("\nevent: progress\ndata: {\"session_id\":"), std::string::npos) << first;
  EXPECT_TRUE(first.ends_with("\n\n"));
  EXPECT_EQ(first.find("event: chunk"), std::string::npos);
}

TEST_F(session_stream, tells_chunks_and_the_end_of_assembly) {
  create("0", 5);
  api::stream_body& stream = open();
  (void)next(stream);
  patch("0", 0, "he");
  EXPECT_EQ(next(stream).find("event: chunk"), std::string::npos);
  patch("0", 2, "llo");
  EXPECT_NE(next(stream).find("event: chunk\ndata: {\"chunk_index\":0}"), std::string::npos);
  ask("POST " + in_session("/assemble"));
  const std::string last = next(stream);
  EXPECT_NE(last.find("event: assembled\ndata: {\"session_id\":"), std::string::npos) << last;
  EXPECT_NE(last.find(R"("recording":{"size":5})"), std::string::npos);
}

TEST_F(session_stream, an_open_wait_is_ended_by_a_change) {
  create("0", 5);
  api::stream_body& stream = open();
  (void)next(stream);
  const auto waiting = here.begin(stream.next(io::deadline::never()));
  here.settle();
  ASSERT_FALSE(waiting->has_value());
  patch("0", 0, "hello");
  ASSERT_TRUE(waiting->has_value());
  EXPECT_NE((*waiting)->find("event: chunk"), std::string::npos);
}

TEST_F(session_stream, says_something_every_15_seconds) {
  create("0", 5);
  api::stream_body& stream = open();
  (void)next(stream);
  const steady_time begun = here.time.now();
  EXPECT_TRUE(next(stream).starts_with(":"));
  EXPECT_EQ(here.time.now() - begun, std::chrono::seconds{15});
  const auto soon = here.run(stream.next(here.ring.after(std::chrono::seconds{2})));
  EXPECT_TRUE(soon.starts_with(":"));
  EXPECT_EQ(here.time.now() - begun, std::chrono::seconds{17});
}

TEST_F(session_stream, ends_when_the_session_does) {
  create("0", 5);
  api::stream_body& stream = open();
  (void)next(stream);
  ask("DELETE " + in_session(""));
  const std::string last = next(stream);
  EXPECT_NE(last.find("event: cancelled\n"), std::string::npos);
  EXPECT_NE(last.find(R"("reason":"cancelled")"), std::string::npos);
  EXPECT_EQ(next(stream), "");
  EXPECT_EQ(ask("GET " + in_session("/events")).status(), 410U);
}

TEST_F(session_stream, failures_are_told) {
  create("0", 5);
  api::stream_body& stream = open();
  (void)next(stream);
  data.damage(id_of(), "segment\nis gone");
  const std::string last = next(stream);
  EXPECT_NE(last.find(R"(event: failed)"), std::string::npos);
  EXPECT_NE(last.find(R"("error":"segment\nis gone")"), std::string::npos) << last;
}

TEST_F(session_stream, of_nothing_is_404) {
  EXPECT_EQ(ask("GET " + in_session("/events")).status(), 404U);
}

TEST(completed_between, finds_what_became_complete) {
  const auto view = [](std::optional<std::uint32_t> total, std::uint32_t complete, std::vector<std::uint32_t> missing) {
    store::session_view out;
    out.total_chunks = total;
    out.chunks_complete = complete;
    for (const std::uint32_t index : missing) out.missing.add(index, index + 1);
    return out;
  };
  using list = std::vector<std::uint32_t>;
  EXPECT_EQ(api::completed_between(view({}, 0, {}), view({}, 1, {})).first(), (list{0}));
  EXPECT_EQ(api::completed_between(view({}, 1, {1}), view({}, 3, {1})).first(), (list{2, 3}));
  EXPECT_EQ(api::completed_between(view({}, 1, {1, 2}), view({}, 3, {})).first(), (list{1, 2}));
  EXPECT_EQ(api::completed_between(view(4, 1, {1, 2, 3}), view(2, 1, {1})).first(), (list{}));
  EXPECT_EQ(api::completed_between(view(2, 2, {}), view(2, 2, {})).first(), (list{}));
}

TEST(completed_between, of_a_million_missing_chunks_takes_no_memory_for_each) {
  store::session_view before;
  before.missing.add(0, 999'999);
  store::session_view after;
  after.chunks_complete = 1;
  after.missing.add(0, 500);
  after.missing.add(501, 999'999);
  EXPECT_EQ(api::completed_between(before, after).first(), (std::vector<std::uint32_t>{500}));
}

}  // namespace
}  // namespace wf::test
