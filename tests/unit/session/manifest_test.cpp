// A real JSON parser reads every manifest, and finds in it what the recording was made of.
#include "waveforge/session/manifest.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "support/seeded.hpp"
#include "waveforge/base/json_writer.hpp"

namespace wf::session {
namespace {

using namespace std::chrono;

constexpr std::string_view first_metadata = "chunkIndex MA==,recordingName dGFsaw==,lang ZGU=";

recording a_recording() {
  recording value;
  value.id = *session_id::parse("0F8FAD5B-D9CB-469F-A165-70867728950E", id_format::uuid);
  value.now = state::assembling;
  value.created_at = sys_days{year{2026} / March / 4} + 5h + 6min + 7s + 89ms;
  value.ended_at = value.created_at + 90s;
  value.chunk_size_bytes = 100;
  value.total = 2;
  value.name = "talk \"one\".webm";
  value.format = "video/webm;codecs=vp9";
  value.duration_ms = 61'000;
  value.file_name = "recording.webm";
  value.size_bytes = 140;
  for (const std::uint32_t index : {0U, 1U}) {
    chunk one;
    one.length_bytes = index == 0 ? 100 : 40;
    one.promised_bytes = *one.length_bytes;
    value.chunks.add(index, one);
  }
  value.chunks.find(0)->metadata = first_metadata;
  value.chunks.find(1)->metadata = "chunkIndex MQ==, recordingName dGFsaw==,totalChunks Mg== ,lang ZW4=,mark";
  return value;
}

std::string written(const recording& value) {
  return write_manifest(value, "chunk", "0.1.0");
}

/// The member as text: strings as they are, everything else as its JSON.
std::string member(const std::string& manifest, const char* key) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(manifest).get(root) != simdjson::SUCCESS) return "(not JSON)";
  simdjson::dom::element found;
  if (root.at_pointer(std::string{"/"} + key).get(found) != simdjson::SUCCESS) return "(absent)";
  std::string_view text;
  if (found.get(text) == simdjson::SUCCESS) return std::string{text};
  return simdjson::minify(found);
}

TEST(Manifest, TellsEverythingKnown) {
  const std::string text = written(a_recording());
  EXPECT_EQ(member(text, "manifest_version"), "1");
  EXPECT_EQ(member(text, "session_id"), "0f8fad5b-d9cb-469f-a165-70867728950e");
  EXPECT_EQ(member(text, "recording_name"), "talk \"one\".webm");
  EXPECT_EQ(member(text, "format"), "video/webm;codecs=vp9");
  EXPECT_EQ(member(text, "media_type"), "video/webm");
  EXPECT_EQ(member(text, "file"), "recording.webm");
  EXPECT_EQ(member(text, "size"), "140");
  EXPECT_EQ(member(text, "duration_ms"), "61000");
  EXPECT_EQ(member(text, "chunk_size"), "100");
  EXPECT_EQ(member(text, "total_chunks"), "2");
  EXPECT_EQ(member(text, "created_at"), "2026-03-04T05:06:07.089Z");
  EXPECT_EQ(member(text, "assembled_at"), "2026-03-04T05:07:37.089Z");
  EXPECT_EQ(member(text, "durability"), "chunk");
  EXPECT_EQ(member(text, "software"), "waveforge 0.1.0");
  EXPECT_EQ(member(text, "chunks/0/index"), "0");
  EXPECT_EQ(member(text, "chunks/0/length"), "100");
  EXPECT_EQ(member(text, "chunks/1/index"), "1");
  EXPECT_EQ(member(text, "chunks/1/length"), "40");
  EXPECT_EQ(member(text, "chunks/2"), "(absent)");
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST(Manifest, LeavesOutOrNullsWhatIsNotKnown) {
  recording value = a_recording();
  value.duration_ms.reset();
  value.chunk_size_bytes.reset();
  const std::string text = written(value);
  EXPECT_EQ(member(text, "duration_ms"), "null");
  EXPECT_EQ(member(text, "chunk_size"), "null");
  EXPECT_EQ(member(text, "metadata"), "null");
  EXPECT_EQ(member(text, "sha256"), "(absent)");
}

TEST(Manifest, TellsTheDigestInHexadecimal) {
  recording value = a_recording();
  value.sha256.emplace();
  value.sha256->front() = 0x0A;
  value.sha256->back() = 0xFF;
  EXPECT_EQ(member(written(value), "sha256"), "0a" + std::string(60, '0') + "ff");
}

TEST(Manifest, KeepsUploadMetadataVerbatimAndOnce) {
  const std::string text = written(a_recording());
  EXPECT_EQ(member(text, "upload_metadata"), first_metadata);
  EXPECT_EQ(member(text, "chunks/0/upload_metadata"), "(absent)");
  EXPECT_EQ(member(text, "chunks/1/upload_metadata"), "totalChunks Mg==,lang ZW4=,mark")
      << "only what the first chunk had not said";
}

TEST(Manifest, FindsTheFirstMetadataWhereverTheChunksBegin) {
  recording value = a_recording();
  value.chunks.erase(0);
  EXPECT_EQ(member(written(value), "upload_metadata"),
            "chunkIndex MQ==, recordingName dGFsaw==,totalChunks Mg== ,lang ZW4=,mark");
  value.chunks.clear();
  EXPECT_EQ(member(written(value), "upload_metadata"), "");
  EXPECT_EQ(member(written(value), "chunks"), "[]");
}

TEST(Manifest, OddCommasInMetadataAreNoPairs) {
  recording value = a_recording();
  for (const std::string_view odd : {"", ",", ",,", " , ", "\t", "chunkIndex", "chunkIndex MQ==,"}) {
    value.chunks.find(1)->metadata = odd;
    EXPECT_EQ(member(written(value), "chunks/1/upload_metadata"), "(absent)") << odd;
  }
  value.chunks.find(1)->metadata = ",chunkIndexOther MQ==,";
  EXPECT_EQ(member(written(value), "chunks/1/upload_metadata"), "chunkIndexOther MQ==");
}

TEST(Manifest, EmbedsLateMetadataAsItCame) {
  recording value = a_recording();
  value.late_metadata = R"({ "b": [1, 2.50, null], "a": {"\u00e9": "x\ny"} })";
  const std::string text = written(value);
  EXPECT_NE(text.find(value.late_metadata), std::string::npos);
  EXPECT_EQ(member(text, "metadata/b/1"), "2.5");
  EXPECT_EQ(member(text, "session_id"), value.id.text()) << "what follows is still there";
  EXPECT_EQ(member(text, "chunks/1/length"), "40");
}

TEST(Manifest, LeavesOutChunksPastTheTotal) {
  recording value = a_recording();
  value.total = 1;
  EXPECT_EQ(member(written(value), "chunks/1"), "(absent)");
}

TEST(Manifest, NoTextOfAClientBreaksIt) {
  test::seeded random{"Manifest.NoTextOfAClientBreaksIt"};
  constexpr std::string_view hostile = "\"\\{}[],:\n\r\t\b\f/<>&\x7F\x1F'uU+ \xE2\x80\xA8";
  for (int round = 0; round < 3'000; ++round) {
    recording value = a_recording();
    const auto text = [&] {
      std::string out = random.bytes(30);
      for (char& c : out) {
        if (random.one_in(2)) c = hostile[static_cast<std::size_t>(random.between(0, hostile.size() - 1))];
      }
      return out;
    };
    value.name = text();
    value.format = text();
    value.chunks.find(0)->metadata = text();
    value.chunks.find(1)->metadata = text();
    value.duration_ms = random.number();
    const std::string manifest = written(value);
    if (is_utf8(value.name)) {
      ASSERT_EQ(member(manifest, "recording_name"), value.name);
    }
    if (is_utf8(value.format)) {
      ASSERT_EQ(member(manifest, "format"), value.format);
    }
    ASSERT_EQ(member(manifest, "duration_ms"), std::to_string(*value.duration_ms));
    ASSERT_EQ(member(manifest, "chunks/1/length"), "40") << manifest;
  }
}

TEST(Manifest, ManyChunksAreOneLine) {
  recording value = a_recording();
  value.total = 20'000;
  for (std::uint32_t index = 0; index < 20'000; ++index) {
    chunk one;
    one.length_bytes = index;
    one.metadata = first_metadata;
    value.chunks.add(index, one);
  }
  const std::string text = written(value);
  EXPECT_EQ(member(text, "chunks/19999/length"), "19999");
  EXPECT_EQ(member(text, "chunks/19999/upload_metadata"), "(absent)");
  EXPECT_LT(text.size(), 20'000 * 32U);
}

}  // namespace
}  // namespace wf::session
