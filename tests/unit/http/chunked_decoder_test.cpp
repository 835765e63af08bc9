// The chunked coding: every rule, with the same outcome however the bytes are split, in place and not.
#include "waveforge/http/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/guard_page.hpp"

namespace wf::http {
namespace {

struct outcome {
  progress state{progress::more};
  std::string data{};
  std::string trailers{};
  std::size_t consumed_bytes{0};
  refusal why{};

  friend bool operator==(const outcome&, const outcome&) = default;
};

void PrintTo(const outcome& what, std::ostream* out) {
  *out << static_cast<int>(what.state) << " '" << what.data << "' '" << what.trailers << "' " << what.consumed_bytes
       << ' ' << what.why.detail;
}

void finish(outcome& result, const chunked_decoder& decoder) {
  if (result.state == progress::refused) result.why = decoder.why();
  if (result.state != progress::done) return;
  for (const auto [name, value] : decoder.trailers())
    result.trailers += std::string{name} + "=" + std::string{value} + ";";
  EXPECT_EQ(decoder.data_bytes(), result.data.size());
}

void feed(chunked_decoder& decoder, std::string_view piece, outcome& result) {
  const test::guarded_bytes guarded{piece};
  std::span<const std::byte> rest = guarded.bytes();
  while (!rest.empty() && result.state == progress::more) {
    const auto step = decoder.next(rest);
    result.data.append(reinterpret_cast<const char*>(step.data.data()), step.data.size());
    result.consumed_bytes += step.consumed_bytes;
    result.state = step.state;
    rest = rest.subspan(step.consumed_bytes);
  }
}

void feed_in_place(chunked_decoder& decoder, std::string_view piece, outcome& result) {
  const test::guarded_bytes guarded{piece};
  const auto step = decoder.decode(guarded.bytes());
  result.data.append(reinterpret_cast<const char*>(guarded.bytes().data()), step.data_bytes);
  result.consumed_bytes += step.consumed_bytes;
  result.state = step.state;
}

using feeder = void (*)(chunked_decoder&, std::string_view, outcome&);

outcome run(std::string_view input, std::size_t first, std::size_t step, feeder take) {
  outcome result;
  chunked_decoder decoder;
  for (std::size_t at = 0; at < input.size() && result.state == progress::more;) {
    const std::size_t size = at == 0 ? first : step;
    take(decoder, input.substr(at, size), result);
    at += size;
  }
  finish(result, decoder);
  return result;
}

outcome decode(std::string_view input) {
  const outcome expected = run(input, input.size(), 1, feed);
  EXPECT_EQ(run(input, input.size(), 1, feed_in_place), expected);
  for (const feeder take : {feed, feed_in_place}) {
    EXPECT_EQ(run(input, 1, 1, take), expected) << "byte by byte";
    for (std::size_t cut = 1; cut < input.size(); ++cut)
      EXPECT_EQ(run(input, cut, input.size(), take), expected) << "cut at " << cut;
  }
  return expected;
}

TEST(chunked_decoder, puts_the_pieces_together) {
  const outcome result = decode(
      "5\r\nhello\r\n1;a\r\n \r\n0000000005 ; n = \"v;\\\"\r\" ;b=c\r\nw"
      "orld\r\n0\r\n\r\nGET /");
  EXPECT_EQ(result.state, progress::refused);  // a CR inside a quoted value
  const outcome good = decode("5\r\nhello\r\n1;a\r\n \r\n0000000005 ; n = \"v;\\\"\" ;b=c\r\nworld\r\n0\r\n\r\nGET /");
  EXPECT_EQ(good.state, progress::done) << good.why.detail;
  EXPECT_EQ(good.data, "hello world");
  EXPECT_EQ(
      good.consumed_bytes,
      std::string_view{"5\r\nhello\r\n1;a\r\n \r\n0000000005 ; n = \"v;\\\"\" ;b=c\r\nworld\r\n0\r\n\r\n"}.size());
}

TEST(chunked_decoder, delivers_trailers_as_fields) {
  const outcome result = decode("0\r\nUpload-Checksum: sha1 abc= \r\nEmpty:\r\n\r\n");
  EXPECT_EQ(result.state, progress::done) << result.why.detail;
  EXPECT_EQ(result.trailers, "Upload-Checksum=sha1 abc=;Empty=;");
}

TEST(chunked_decoder, reads_hexadecimal_of_either_case) {
  EXPECT_EQ(decode("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n").data.size(), 20U);
}

TEST(chunked_decoder, waits_for_the_end) {
  for (const std::string_view input : {"", "5", "5\r", "5\r\n", "5\r\nhell", "5;a=\"b", "5\r\nhello", "5\r\nhello\r",
                                       "5\r\nhello\r\n", "0\r\n", "0\r\n\r", "0\r\nA: b\r\n"}) {
    EXPECT_EQ(decode(input).state, progress::more) << input;
  }
}

TEST(chunked_decoder, refuses_what_is_not_the_grammar) {
  for (const std::string_view input : {"\r\n",
                                       " 5\r\n",
                                       "+5\r\n",
                                       "-5\r\n",
                                       "0x5\r\n",
                                       "g\r\n",
                                       ";a\r\n",
                                       "5 \r\n",
                                       "5\n",
                                       "5\r5",
                                       "5\r\nhelloX",
                                       "5\r\nhello\n",
                                       "5\r\nhello\rX",
                                       "5;\r\n",
                                       "5;a=\r\n",
                                       "5;a =\r\n",
                                       "5;a \r\n",
                                       "5;a\n",
                                       "5;a=\"b\n\"\r\n",
                                       "5;a=b c\r\n",
                                       "5;a=\"b\"c\r\n",
                                       "5;a=b \r\n",
                                       "5;=b\r\n",
                                       "5;a=b;\r\n",
                                       "5;a\x01\r\n",
                                       "5a;(\r\n",
                                       "5 5\r\n",
                                       "0\r\nA : b\r\n",
                                       "0\r\n: b\r\n",
                                       "0\r\nA\r\n",
                                       "0\r\n A: b\r\n",
                                       "0\r\nA: \x01\r\n",
                                       "0\r\nA: b\n",
                                       "0\r\nA: b\rX",
                                       "0\r\n\rX",
                                       "0\r\n\n",
                                       "ffffffffffffffffff\r\n",
                                       "2000000000000000\r\n"}) {
    const outcome result = decode(input);
    EXPECT_EQ(result.state, progress::refused) << input;
    EXPECT_EQ(result.why.code, status::bad_request) << input;
    EXPECT_FALSE(result.why.detail.empty());
  }
}

TEST(chunked_decoder, limits_the_size_line) {
  const std::string longest = "1;" + std::string(limits::chunk_size_line_bytes_max - 3, 'a');
  EXPECT_EQ(run(longest + "\r\nx", longest.size() + 3, 1, feed).state, progress::more);
  EXPECT_EQ(decode(longest + "a\r\nx").state, progress::refused);
  EXPECT_EQ(decode(std::string(limits::chunk_size_line_bytes_max + 1, '0')).state, progress::refused);
}

TEST(chunked_decoder, limits_trailers) {
  std::string many = "0\r\n";
  for (int i = 0; i < 16; ++i) many += "a: b\r\n";
  EXPECT_EQ(decode(many + "\r\n").state, progress::done);
  EXPECT_EQ(decode(many + "a: b\r\n\r\n").why.code, status::header_fields_too_large);
  const std::string longest = "0\r\na:" + std::string(limits::trailer_bytes_max - 2, 'b');
  EXPECT_EQ(run(longest + "\r\n\r\n", 100, 1000, feed).state, progress::done);
  EXPECT_EQ(run(longest + "b\r\n\r\n", 100, 1000, feed).why.code, status::header_fields_too_large);
}

TEST(chunked_decoder, refuses_bodies_that_are_mostly_framing) {
  std::string tiny;
  for (int i = 0; i < 20'000; ++i) tiny += "1\r\nx\r\n";  // 5 bytes of framing for one of data
  const outcome whole = run(tiny, tiny.size(), 1, feed);
  EXPECT_EQ(whole.state, progress::refused);
  EXPECT_EQ(run(tiny, 1, 13, feed), whole);
  EXPECT_EQ(run(tiny, 7, 4099, feed_in_place), whole);
  std::string small;
  for (int i = 0; i < 20'000; ++i) small += "4\r\nabcd\r\n";
  EXPECT_EQ(run(small + "0\r\n\r\n", 1000, 1000, feed).state, progress::done);
}

TEST(chunked_decoder, says_how_much_of_a_chunk_is_left) {
  chunked_decoder decoder;
  outcome result;
  feed(decoder, "10\r\nabc", result);
  EXPECT_EQ(decoder.chunk_left_bytes(), 13U);
  EXPECT_EQ(decoder.data_bytes(), 3U);
}

}  // namespace
}  // namespace wf::http
