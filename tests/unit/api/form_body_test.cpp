// The file of a form is what lies between its boundaries, however the form comes; and only wait() waits for the peer,
// so that nobody holds a pooled buffer for a slow one.
#include "waveforge/api/form_body.hpp"

#include <gtest/gtest.h>

#include "support/memory_body.hpp"
#include "support/ring_fixture.hpp"

namespace wf::api {
namespace {

using test::memory_body;

class form_body_test : public test::real_ring {
 protected:
  struct taken {
    std::string file{};
    std::optional<error> failure{};
    bool waited_inside{false};
  };

  static std::string form_of(std::string_view file, std::string_view epilogue = "") {
    std::string text{"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"};
    text.append(file).append("\r\n--B\r\nContent-Disposition: form-data; name=\"session_id\"\r\n\r\nsid\r\n--B--\r\n");
    return text.append(epilogue);
  }
  /// As a store takes it: in a buffer of `room`, borrowed only while nothing is waited for.
  static io::task<taken> take(memory_body& from, std::size_t room) {
    taken out;
    form_body form{from, *http::multipart_parser::for_content_type("multipart/form-data; boundary=B")};
    const auto found = co_await form.find_file();
    EXPECT_TRUE(found && *found);
    const auto buffer = std::make_shared<std::string>(room, '\0');
    while (!form.done()) {
      if (const auto bytes = form.in_hand(); !bytes.empty()) {
        out.file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        form.consume(bytes.size());
        continue;
      }
      const auto ready = co_await form.wait(room);
      if (!ready) {
        out.failure = ready.error();
        break;
      }
      if (!form.in_hand().empty()) continue;
      const std::size_t waits = from.waits();
      const auto got = co_await form.receive(std::as_writable_bytes(std::span{*buffer}), buffer);
      out.waited_inside = out.waited_inside || from.waits() != waits;
      if (!got) {
        out.failure = got.error();
        break;
      }
      out.file.append(*buffer, 0, *got);
    }
    co_return out;
  }
};

TEST_F(form_body_test, is_the_same_in_whatever_pieces_it_comes) {
  std::string file(3'000, 'f');
  file.insert(1'000, "\r\n--").insert(2'000, "\r\n--A");
  for (const std::size_t piece : {1UL, 2UL, 7UL, 100UL, 64'000UL}) {
    for (const std::size_t in_hand : {0UL, 90UL, 1'500UL}) {
      for (const std::size_t room : {5UL, 256UL, 257UL, 10'000UL}) {
        for (const bool chunked : {false, true}) {
          SCOPED_TRACE(testing::Message() << piece << " a piece, " << in_hand << " in hand, room " << room
                                          << (chunked ? ", chunked" : ""));
          memory_body from{form_of(file, "epilogue"),
                           {.in_hand_bytes = in_hand, .piece_bytes = piece, .chunked = chunked}};
          const taken out = run(take(from, room));
          ASSERT_FALSE(out.failure) << out.failure->detail;
          EXPECT_EQ(out.file, file);
          EXPECT_FALSE(out.waited_inside);
        }
      }
    }
  }
}

TEST_F(form_body_test, whose_bytes_are_in_another_part_is_told_where_they_belong) {
  std::string text{"--B\r\nContent-Disposition: form-data; name=\"chunk\"; filename=\"a\"\r\n\r\n"};
  text.append(100'000, 'x').append("\r\n--B--\r\n");
  memory_body from{text};
  form_body form{from, *http::multipart_parser::for_content_type("multipart/form-data; boundary=B")};
  const auto found = run(form.find_file());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::too_large);
  EXPECT_NE(found.error().detail.find("in the part named file"), std::string::npos) << found.error().detail;
}

TEST_F(form_body_test, that_never_ends_is_refused) {
  memory_body from{form_of("bytes", std::string(1'000'000, 'x')), {.piece_bytes = 1'000, .chunked = true}};
  const taken out = run(take(from, 10'000));
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, errc::bad_request);
  EXPECT_LT(from.taken_bytes(), 10'000U);
}

}  // namespace
}  // namespace wf::api
