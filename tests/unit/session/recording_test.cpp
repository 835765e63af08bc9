// A recording's file name and media type come from a list, never from what a client wrote; its times and readiness from
// its chunks.
#include "waveforge/session/recording.hpp"

#include <gtest/gtest.h>

#include "support/seeded.hpp"

namespace wf::session {
namespace {

using namespace std::chrono_literals;

chunk chunk_at(utc_time created, utc_time touched, std::uint64_t promised = 10) {
  chunk value;
  value.length_bytes = 10;
  value.promised_bytes = value.written_bytes = promised;
  value.announced = true;
  value.created_at = created;
  value.touched_at = touched;
  return value;
}

TEST(RecordingFileName, FollowsTheFormat) {
  struct row {
    std::string_view format;
    std::string_view name;
  };
  for (const row& one : {row{"webm", "recording.webm"},
                         {"audio/webm", "recording.webm"},
                         {"audio/webm;codecs=opus", "recording.webm"},
                         {"audio/webm ; codecs=\"opus\"", "recording.webm"},
                         {" audio/webm", "recording.webm"},
                         {"AUDIO/WEBM;CODECS=OPUS", "recording.webm"},
                         {"video/webm;codecs=vp9,opus", "recording.webm"},
                         {"audio/ogg;codecs=opus", "recording.ogg"},
                         {"audio/opus", "recording.opus"},
                         {"audio/mp4;codecs=mp4a.40.2", "recording.m4a"},
                         {"video/mp4", "recording.mp4"},
                         {"audio/mpeg", "recording.mp3"},
                         {"audio/mp3", "recording.mp3"},
                         {"audio/x-wav", "recording.wav"},
                         {"audio/flac", "recording.flac"},
                         {"audio/x-flac", "recording.flac"},
                         {"OPUS", "recording.opus"}}) {
    EXPECT_EQ(recording_file_name(one.format, "talk.html"), one.name) << one.format;
  }
}

TEST(RecordingFileName, ElseTheNamesExtension) {
  EXPECT_EQ(recording_file_name("", "talk.MP3"), "recording.mp3");
  EXPECT_EQ(recording_file_name("text/html", "talk.ogg"), "recording.ogg");
  EXPECT_EQ(recording_file_name("", "a.html.webm"), "recording.webm");
  EXPECT_EQ(recording_file_name("", "C:\\x\\talk.wav"), "recording.wav");
}

TEST(RecordingFileName, NeverAnythingElse) {
  for (const std::string_view text : {"", "html", "text/html", "svg", "meta", "..", "../webm", "webm/../x", "exe",
                                      "webm.html", "audio/webm/x", ";webm", " ", ".", "image/svg+xml",
                                      "we\xC3\xAF"
                                      "bm"}) {
    EXPECT_EQ(recording_file_name(text, ""), "recording.bin") << text;
    EXPECT_EQ(recording_file_name("", text), "recording.bin") << text;
    EXPECT_EQ(recording_file_name("", "talk." + std::string{text}), "recording.bin") << text;
  }
  EXPECT_EQ(recording_file_name(std::string_view{"webm\0", 5}, ""), "recording.bin");
  test::seeded random{"RecordingFileName.NeverAnythingElse"};
  for (int round = 0; round < 5'000; ++round) {
    const std::string name = recording_file_name(random.bytes(20), random.bytes(20) + "." + random.bytes(4));
    EXPECT_TRUE(name.starts_with("recording."));
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789."), std::string::npos) << name;
    EXPECT_NE(name, "recording.meta");
  }
}

TEST(MediaType, GoesWithTheFileName) {
  EXPECT_EQ(media_type_of("recording.webm"), "audio/webm");
  EXPECT_EQ(media_type_of("recording.m4a"), "audio/mp4");
  EXPECT_EQ(media_type_of("recording.mov"), "video/quicktime");
  EXPECT_EQ(media_type_of("recording.bin"), "application/octet-stream");
  EXPECT_EQ(media_type_of("recording.html"), "application/octet-stream");
  EXPECT_EQ(media_type_of("recording"), "application/octet-stream");
  EXPECT_EQ(media_type_of(""), "application/octet-stream");
}

TEST(MediaType, OfARecordingTellsVideoFromAudioInOneContainer) {
  const auto type = [](std::string_view format, std::string_view name) {
    recording value;
    value.format = format;
    value.name = name;
    value.file_name = recording_file_name(format, name);
    return std::string{media_type_of(value)};
  };
  EXPECT_EQ(type("video/webm;codecs=vp9", ""), "video/webm");
  EXPECT_EQ(type("audio/webm", ""), "audio/webm");
  EXPECT_EQ(type("webm", ""), "audio/webm");
  EXPECT_EQ(type("audio/mp3", ""), "audio/mpeg") << "the registered name, not the one that was sent";
  EXPECT_EQ(type("Audio/X-WAV", ""), "audio/wav");
  EXPECT_EQ(type("text/html", "talk.webm"), "audio/webm");
  EXPECT_EQ(type("text/html", "talk.html"), "application/octet-stream");
  EXPECT_EQ(type("video/webm\r\nX: y", ""), "application/octet-stream");
}

TEST(MediaType, NeverDisagreesWithAFileNamedBefore) {
  // The name of the file was chosen at assembly; a format that arrives later does not change what is in it.
  recording value;
  value.file_name = "recording.bin";
  value.format = "audio/webm";
  EXPECT_EQ(media_type_of(value), "application/octet-stream");
}

TEST(Recording, WasUpdatedWhenAnythingLastHappened) {
  recording value;
  value.created_at = utc_time{10ms};
  EXPECT_EQ(value.updated_at(), utc_time{10ms});
  value.chunks.add(0, chunk_at(utc_time{20ms}, utc_time{}));
  EXPECT_EQ(value.updated_at(), utc_time{20ms});
  value.chunks.add(1, chunk_at(utc_time{15ms}, utc_time{30ms}));
  EXPECT_EQ(value.updated_at(), utc_time{30ms});
  value.chunks.touch(*value.chunks.find(0), utc_time{35ms});
  EXPECT_EQ(value.updated_at(), utc_time{35ms});
  value.chunks.erase(0);
  EXPECT_EQ(value.updated_at(), utc_time{35ms}) << "removing a chunk takes no time away";
  value.ended_at = utc_time{40ms};
  EXPECT_EQ(value.updated_at(), utc_time{40ms});
}

TEST(Recording, IsReadyWhenSealedAndWhole) {
  recording value;
  value.chunks.add(0, chunk_at({}, {}));
  EXPECT_FALSE(value.ready_to_assemble()) << "open: the total is not known";
  value.now = state::sealed;
  value.total = 2;
  EXPECT_FALSE(value.ready_to_assemble());
  value.chunks.add(1, chunk_at({}, {}, 9));
  EXPECT_FALSE(value.ready_to_assemble()) << "one byte is not promised";
  value.chunks.find(1)->promised_bytes = 10;
  EXPECT_TRUE(value.ready_to_assemble());
  for (const state other : {state::open, state::assembling, state::assembled, state::failed, state::damaged,
                            state::cancelled, state::expired}) {
    value.now = other;
    EXPECT_FALSE(value.ready_to_assemble()) << name_of(other);
  }
}

TEST(State, EveryStateHasItsNameAndItsKind) {
  struct row {
    state value;
    std::string_view name;
    bool accepts, tombstone, past;
  };
  for (const row& one : {row{state::open, "open", true, false, false},
                         {state::sealed, "sealed", true, false, false},
                         {state::assembling, "assembling", false, false, true},
                         {state::assembled, "assembled", false, false, true},
                         {state::failed, "failed", false, false, true},
                         {state::damaged, "damaged", false, false, false},
                         {state::cancelled, "cancelled", false, true, false},
                         {state::expired, "expired", false, true, false}}) {
    EXPECT_EQ(name_of(one.value), one.name);
    EXPECT_EQ(accepts_bytes(one.value), one.accepts) << one.name;
    EXPECT_EQ(is_tombstone(one.value), one.tombstone) << one.name;
    EXPECT_EQ(is_past_ingest(one.value), one.past) << one.name;
  }
}

}  // namespace
}  // namespace wf::session
