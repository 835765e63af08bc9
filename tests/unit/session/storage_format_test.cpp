// docs/storage_format.md says what the encoders write: its tables name the fields in their order, and its examples are
// made here and compared.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <iterator>

#include "waveforge/session/binary.hpp"
#include "waveforge/session/fact.hpp"
#include "waveforge/session/manifest.hpp"
#include "waveforge/session/plan.hpp"

namespace wf::session {
namespace {

std::string document() {
  std::ifstream file{WF_SOURCE_DIR "/docs/storage_format.md"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Names in the first column of the table below a heading.
std::vector<std::string> names_below(std::string_view heading) {
  const std::string text = document();
  std::size_t at = text.find(fmt::format("\n## {}\n", heading));
  std::vector<std::string> names;
  if (at == std::string::npos) return names;
  at = text.find("|---|", at);
  while ((at = text.find('\n', at) + 1) < text.size() && text[at] == '|') {
    std::string name = text.substr(at + 2, text.find(" |", at + 2) - at - 2);
    std::erase(name, '`');
    names.push_back(std::move(name));
  }
  return names;
}

/// The fenced text behind the marker of an example.
std::string example(std::string_view name) {
  const std::string text = document();
  const std::size_t marker = text.find(fmt::format("<!-- example: {} -->\n```", name));
  if (marker == std::string::npos) return "(no such example)";
  const std::size_t fence = text.find("```", marker);
  const std::size_t begin = text.find('\n', fence) + 1;
  return text.substr(begin, text.find("```", begin) - begin);
}

/// One field of a row: its name, its bytes, and what a person reads in them.
struct field {
  std::string name;
  std::string bytes;
  std::string meaning;
};

field u8(std::string name, std::uint8_t value, std::string meaning) {
  return {std::move(name), std::string(1, static_cast<char>(value)), std::move(meaning)};
}
field varint(std::string name, std::uint64_t value, std::string meaning = {}) {
  binary_writer out;
  out.varint(value);
  return {std::move(name), out.take(), meaning.empty() ? std::to_string(value) : std::move(meaning)};
}
field optional(std::string name, std::optional<std::uint64_t> value) {
  binary_writer out;
  out.optional_varint(value);
  return {std::move(name), out.take(), value ? std::to_string(*value) : "nothing"};
}
field text(std::string name, std::string_view value) {
  binary_writer out;
  out.text(value);
  return {std::move(name), out.take(), fmt::format("\"{}\"", value)};
}

std::string joined(const std::vector<field>& fields) {
  std::string out;
  for (const field& one : fields) out += one.bytes;
  return out;
}
std::vector<std::string> names_of(const std::vector<field>& fields) {
  std::vector<std::string> names;
  for (const field& one : fields) names.push_back(one.name);
  return names;
}

void append_line(std::string& out, std::string_view name, std::string_view bytes, std::string_view meaning) {
  constexpr std::size_t bytes_per_line = 16;
  for (std::size_t at = 0; at < bytes.size(); at += bytes_per_line) {
    std::string hex;
    for (const char c : bytes.substr(at, bytes_per_line)) hex += fmt::format("{:02x} ", static_cast<unsigned char>(c));
    std::string line = fmt::format("  {:<14}{:<50}{}", at == 0 ? name : "", hex, at == 0 ? meaning : "");
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
}

void append_row(std::string& out, std::string_view title, std::string_view key, const std::vector<field>& fields) {
  out += fmt::format("{}{}\n", out.empty() ? "" : "\n", title);
  append_line(out, "key", key, "");
  for (const field& one : fields) append_line(out, one.name, one.bytes, one.meaning);
}

constexpr utc_time created{std::chrono::milliseconds{1'772'600'767'089}};   // 2026-03-04T05:06:07.089Z
constexpr utc_time finished{std::chrono::milliseconds{1'772'600'857'089}};  // a minute and a half later
constexpr std::uint64_t created_ms = 1'772'600'767'089;
constexpr std::uint64_t finished_ms = 1'772'600'857'089;

/// The session of the example: chunks of 100, 100 and 40 bytes.
recording the_recording() {
  recording value;
  value.id = *session_id::parse("talk-7", id_format::token);
  value.now = state::assembled;
  value.created_at = created;
  value.ended_at = finished;
  value.layout.stride_bytes = 100;
  value.layout.short_index = 2;
  value.chunk_size_bytes = 100;
  value.total = 3;
  value.duration_ms = 61'000;
  value.name = "talk.webm";
  value.format = "audio/webm";
  value.late_metadata = R"({"room":"A"})";
  value.file_name = "recording.webm";
  value.size_bytes = 240;
  for (const std::uint32_t index : {0U, 1U, 2U}) {
    chunk one;
    one.length_bytes = index == 2 ? 40 : 100;
    one.where = {home::segment, index * 100, 0};
    one.created_at = created;
    one.metadata = fmt::format("chunkIndex {}", index == 0 ? "MA==" : index == 1 ? "MQ==" : "Mg==");
    value.chunks.add(index, one);
  }
  value.chunks.find(0)->metadata += ",recordingName dGFsay53ZWJt";
  value.chunks.find(2)->metadata += ",totalChunks Mw==";
  return value;
}

std::vector<field> session_fields() {
  return {u8("version", 1, "1"),
          u8("state", 3, "assembled"),
          u8("flags", 0, "regular"),
          varint("created_at", created_ms, "2026-03-04T05:06:07.089Z"),
          varint("ended_at", finished_ms, "2026-03-04T05:07:37.089Z"),
          optional("stride", 100),
          optional("short_index", 2),
          optional("chunk_size", 100),
          optional("total", 3),
          optional("duration_ms", 61'000),
          text("name", "talk.webm"),
          text("format", "audio/webm"),
          text("late_metadata", R"({"room":"A"})"),
          text("failure", ""),
          text("concat", ""),
          text("file_name", "recording.webm"),
          varint("size", 240),
          text("sha256", ""),
          u8("plan", 0, "none")};
}

std::vector<field> chunk_fields() {
  return {u8("version", 1, "1"),
          optional("length", 40),
          varint("length_max", 0),
          u8("home", 1, "segment"),
          varint("offset", 200),
          varint("generation", 0),
          varint("created_at", created_ms, "2026-03-04T05:06:07.089Z"),
          text("metadata", "chunkIndex Mg==,totalChunks Mw=="),
          text("concat", ""),
          u8("crc32c", 0, "not computed")};
}

std::vector<field> vouched_fields() {
  return {u8("version", 1, "1"), varint("vouched", 40), varint("touched_at", finished_ms, "2026-03-04T05:07:37.089Z"),
          u8("has_era", 0, "no: all 40 bytes count for good")};
}

std::vector<field> unvouched_fields() {
  binary_writer era_bytes;
  era_bytes.be64(0x5eed0fab1eca11ed);
  return {u8("version", 1, "1"),
          varint("vouched", 16),
          varint("touched_at", finished_ms, "2026-03-04T05:07:37.089Z"),
          u8("has_era", 1, "yes"),
          {"era", era_bytes.take(), "5eed0fab1eca11ed"},
          varint("unvouched", 40, "40, after a crash of the machine 16")};
}

TEST(StorageFormat, ExampleFieldsAreWhatTheEncodersWrite) {
  const recording value = the_recording();
  EXPECT_EQ(joined(session_fields()), encode_session(value));
  EXPECT_EQ(joined(chunk_fields()), encode_chunk(*value.chunks.find(2)));
  EXPECT_EQ(joined(vouched_fields()), encode_progress({40, std::nullopt, 0, finished}));
  EXPECT_EQ(joined(unvouched_fields()), encode_progress({16, 0x5eed0fab1eca11ed, 40, finished}));
}

TEST(StorageFormat, TablesNameTheFieldsInTheirOrder) {
  EXPECT_EQ(names_below("Session row"), names_of(session_fields()));
  EXPECT_EQ(names_below("Chunk row"), names_of(chunk_fields()));
  EXPECT_EQ(names_below("Progress row"), names_of(unvouched_fields()));
}

TEST(StorageFormat, RowsOfTheExampleAreThoseInTheDocument) {
  const session_id id = the_recording().id;
  std::string expected;
  append_row(expected, "chunk row of chunk 2", chunk_key(id, 2), chunk_fields());
  append_row(expected, "progress row of chunk 2, vouched", progress_key(id, 2), vouched_fields());
  append_row(expected, "session row", session_key(id), session_fields());
  append_row(expected, "progress row of chunk 2, with an era", progress_key(id, 2), unvouched_fields());
  EXPECT_EQ(example("rows"), expected) << "put this into docs/storage_format.md:\n" << expected;
}

TEST(StorageFormat, ManifestOfTheExampleIsThatInTheDocument) {
  const std::string manifest = write_manifest(the_recording(), "chunk", "0.1.0");
  simdjson::dom::parser ours;
  simdjson::dom::parser theirs;
  simdjson::dom::element written;
  simdjson::dom::element documented;
  ASSERT_EQ(ours.parse(manifest).get(written), simdjson::SUCCESS);
  const std::string shown = example("manifest");
  ASSERT_EQ(theirs.parse(shown).get(documented), simdjson::SUCCESS) << "put this into the document:\n" << manifest;
  EXPECT_EQ(simdjson::minify(documented), simdjson::minify(written));

  std::vector<std::string> members;
  for (const auto& [key, value] : simdjson::dom::object{written}) members.emplace_back(key);
  std::vector<std::string> named = names_below("recording.meta");
  std::erase(named, "sha256");  // only there when it was computed
  EXPECT_EQ(named, members);
}

}  // namespace
}  // namespace wf::session
