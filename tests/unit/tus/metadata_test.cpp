// Upload-Metadata: what is taken, what is refused, what the session API reads from it.
#include "waveforge/tus/metadata.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/guard_page.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/tus/base64.hpp"

namespace wf::tus {
namespace {

// An encoder of its own, so that the decoder is not compared with itself.
std::string encode(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : alphabet[bits >> (18 - 6 * k) & 63U];
  }
  return text;
}

std::string pair(std::string_view key, std::string_view value) {
  return std::string{key} + " " + encode(value);
}

result<upload_metadata> parse(std::string_view text) {
  const test::guarded_bytes guarded{text};
  return upload_metadata::parse(guarded.view(), limits::session_metadata_bytes_max);
}

errc refused(std::string_view text) {
  const auto parsed = parse(text);
  EXPECT_FALSE(parsed) << text;
  return parsed ? errc::internal : parsed.error().code;
}

result<chunk_metadata> read(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed) return fail(parsed.error());
  return read_chunk_metadata(*parsed);
}

TEST(base64, decodes_what_the_rfc_lists) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"Zg==", "f"},
                                                                   {"Zm8=", "fo"},
                                                                   {"Zm9v", "foo"},
                                                                   {"Zm9vYg==", "foob"},
                                                                   {"Zm9vYmE=", "fooba"},
                                                                   {"Zm9vYmFy", "foobar"}};
  for (const auto& [text, bytes] : vectors) {
    std::string out = "before ";
    EXPECT_TRUE(decode_base64(text, out)) << text;
    EXPECT_EQ(out, "before " + std::string{bytes});
  }
}

TEST(base64, round_trips_every_length_and_byte) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(static_cast<unsigned char>(random()));
    std::string out;
    const test::guarded_bytes text{encode(bytes)};
    ASSERT_TRUE(decode_base64(text.view(), out));
    ASSERT_EQ(out, bytes);
  }
}

TEST(base64, refuses_everything_else) {
  for (const std::string_view text :
       {"Z",      "Zg",    "Zg=",   "Zg===", "=",    "====",         "Z===", "=Zg=",       "Zh==",     "Zm9=",
        "Zm9v\n", "Zm9v ", " Zm9v", "Zm-v",  "Zm_v", "Zm9vZg==Zg==", "Zg=v", "Zm\xc3\xa4", "Zm9vYg=a", "\n\n\n\n"}) {
    std::string out = "kept";
    EXPECT_FALSE(decode_base64(text, out)) << text;
    EXPECT_EQ(out, "kept");
  }
  for (unsigned value = 0; value < 256; ++value) {
    const char c = static_cast<char>(static_cast<unsigned char>(value));
    const bool digit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    for (std::size_t at = 0; at < 4; ++at) {
      std::string text = "AAAAAAAA";
      text[at] = c;
      std::string out;
      EXPECT_EQ(decode_base64(text, out), digit) << value << " at " << at;
    }
  }
}

TEST(metadata, keeps_what_was_sent_and_decodes_it) {
  const std::string text = "filename " + encode("w\xc3\xb6rld.webm") + ",is_confidential , empty,k!=;\"~ " +
                           encode("\n") + "\t,  z " + encode("1");
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->raw(), text);
  EXPECT_EQ(parsed->pairs().size(), 5U);
  EXPECT_EQ(parsed->find("filename"), "w\xc3\xb6rld.webm");
  EXPECT_EQ(parsed->find("is_confidential"), "");
  EXPECT_EQ(parsed->find("empty"), "");
  EXPECT_EQ(parsed->find("k!=;\"~"), "\n");
  EXPECT_EQ(parsed->find("z"), "1");
  EXPECT_EQ(parsed->find("Z"), std::nullopt);
  EXPECT_TRUE(parse("")->pairs().empty());
}

TEST(metadata, refuses_malformed_pairs) {
  for (const std::string_view text :
       {",", "a,", ",a", "a,,b", "a QQ==,a", "a,a QQ==", "a Q", "a QQ== QQ==", "a  QQ==", "a QQ==;b",
        "\xc3\xa4 QQ==", "a\x01 QQ==", "a\tQQ==", "a chunkIndex=0", "a QR=="}) {
    EXPECT_EQ(refused(text), errc::bad_request) << text;
  }
  EXPECT_EQ(refused(std::string_view{"a\0 QQ==", 7}), errc::bad_request);
}

TEST(metadata, finds_a_repeated_key_among_many) {
  std::string text = "z";
  for (unsigned i = 0; i < 200; ++i) text += "," + std::to_string(i);
  EXPECT_TRUE(parse(text));
  EXPECT_EQ(refused(text + ",77"), errc::bad_request);
}

TEST(metadata, is_bounded) {
  const std::string longest = "a" + std::string(limits::session_metadata_bytes_max - 1, 'b');
  EXPECT_TRUE(parse(longest));
  EXPECT_EQ(refused(longest + "b"), errc::metadata_too_large);
}

TEST(chunk_metadata, reads_all_keys) {
  const auto chunk =
      read(pair("chunkIndex", "9") + "," + pair("chunkSize", "1048576") + "," + pair("totalChunks", "10") + "," +
           pair("recordingName", "M\xc3\xbcller") + "," + pair("format", "audio/webm") + "," + pair("durationMs", "0"));
  ASSERT_TRUE(chunk) << chunk.error().detail;
  EXPECT_EQ(to_number(chunk->index), 9U);
  EXPECT_EQ(chunk->chunk_size_bytes, 1048576U);
  EXPECT_EQ(chunk->total_chunks, 10U);
  EXPECT_EQ(chunk->recording_name, "M\xc3\xbcller");
  EXPECT_EQ(chunk->format, "audio/webm");
  EXPECT_EQ(chunk->duration_ms, 0U);
}

TEST(chunk_metadata, needs_only_the_index) {
  const auto chunk = read(pair("chunkIndex", "0") + ",totalChunks,recordingName ,other " + encode("x"));
  ASSERT_TRUE(chunk) << chunk.error().detail;
  EXPECT_EQ(chunk->total_chunks, std::nullopt);
  EXPECT_EQ(chunk->recording_name, std::nullopt);
  EXPECT_EQ(chunk->format, std::nullopt);
}

TEST(chunk_metadata, knows_the_other_names) {
  const auto chunk =
      read(pair("chunkIndex", "0") + "," + pair("filename", "a.webm") + "," + pair("filetype", "video/webm"));
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->recording_name, "a.webm");
  EXPECT_EQ(chunk->format, "video/webm");
  EXPECT_EQ(
      read(pair("chunkIndex", "0") + "," + pair("filename", "b") + "," + pair("recordingName", "a"))->recording_name,
      "a");
}

TEST(chunk_metadata, refuses_numbers_that_are_none) {
  EXPECT_EQ(read("").error().code, errc::bad_request);
  EXPECT_EQ(read("chunkIndex MDo=").error().code, errc::bad_request);  // base64 of "0:"
  for (const std::string_view index : {"", "01", "-1", "+1", "1.0", " 1", "1000000", "99999999999999999999", "a"}) {
    EXPECT_FALSE(read(pair("chunkIndex", index))) << index;
  }
  EXPECT_TRUE(read(pair("chunkIndex", "999999")));
  for (const auto& [key, value] : {std::pair{"totalChunks", "0"},
                                   {"totalChunks", "1000001"},
                                   {"chunkSize", "0"},
                                   {"chunkSize", "x"},
                                   {"durationMs", "-1"},
                                   {"durationMs", "1.5"},
                                   {"totalChunks", "007"}}) {
    EXPECT_FALSE(read(pair("chunkIndex", "0") + "," + pair(key, value))) << key << value;
  }
}

TEST(chunk_metadata, refuses_an_index_past_the_total) {
  EXPECT_FALSE(read(pair("chunkIndex", "3") + "," + pair("totalChunks", "3")));
  EXPECT_TRUE(read(pair("chunkIndex", "2") + "," + pair("totalChunks", "3")));
}

TEST(chunk_metadata, refuses_text_that_could_break_out) {
  EXPECT_FALSE(read(pair("chunkIndex", "0") + "," + pair("recordingName", "a\r\nSet-Cookie: x")));
  EXPECT_FALSE(read(pair("chunkIndex", "0") + "," + pair("filename", std::string_view{"a\0b", 3})));
  EXPECT_FALSE(read(pair("chunkIndex", "0") + "," + pair("format", "a\x7f")));
  EXPECT_FALSE(read(pair("chunkIndex", "0") + "," + pair("anything", "\xff\xfe")));
  EXPECT_FALSE(read(pair("chunkIndex", "0") + "," + pair("recordingName", "\xc0\xaf")));
}

}  // namespace
}  // namespace wf::tus
