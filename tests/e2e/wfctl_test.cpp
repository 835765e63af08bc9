// The operator's tool against a real data dir: it reads beside a running server, finds every kind of damage after real
// crashes, and mends without taking a byte that was promised.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "e2e/wfctl_scene.hpp"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class wfctl : public wfctl_scene {};

TEST_F(wfctl, reads_beside_a_running_server) {
  server_process server{with()};
  tus_client client{server.port()};
  const std::string open = session_of(1);
  const std::string done = session_of(2);
  begin(client, open);
  finish(client, done);

  ASSERT_EQ(ask({"ls"}), 0);
  EXPECT_EQ(answer_["sessions"].get_array().size(), 2U);
  EXPECT_EQ(std::uint64_t{answer_["states"]["assembled"]}, 1U);
  const command_result table = ctl({"ls"});
  EXPECT_THAT(table.out, HasSubstr(open));
  EXPECT_THAT(table.out, HasSubstr("2 sessions: 1 open, 1 assembled"));

  ASSERT_EQ(ask({"show", open}), 0);
  EXPECT_EQ(std::uint64_t{answer_["bytes_received"]}, 2 * chunk_bytes);
  EXPECT_EQ(std::string_view{answer_["chunks"].at(1)["extent"]["in"]}, "segment");
  EXPECT_EQ(std::uint64_t{answer_["chunks"].at(1)["extent"]["offset"]}, chunk_bytes);
  const command_result page = ctl({"show", open.substr(0, 13)});
  EXPECT_THAT(page.out, HasSubstr("FACTS\nsession  " + open + " state=open"));

  const fs::path copy = elsewhere.path() / "copy.webm";
  ASSERT_EQ(ask({"export", done, copy.string()}), 0);
  EXPECT_EQ(digest_of_file(copy), all.sha256);
  EXPECT_EQ(std::string_view{answer_["sha256"]}, all.sha256);
  EXPECT_EQ(ctl({"export", done, copy.string()}).exit_code, 2) << "a file that is there is not replaced unasked";
  EXPECT_EQ(ctl({"export", done, copy.string(), "--force"}).exit_code, 0);
  const command_result piped = ctl({"export", done, "-"});
  EXPECT_EQ(sha256_of(std::as_bytes(std::span{piped.out})), all.sha256);
  const command_result early = ctl({"export", open, (elsewhere.path() / "no").string()});
  EXPECT_EQ(early.exit_code, 5);
  EXPECT_THAT(early.err, HasSubstr("is open with chunks 2/?"));
  EXPECT_FALSE(fs::exists(elsewhere.path() / "no"));

  EXPECT_EQ(ask({"fsck"}), 0);
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(ask({"scrub"}), 0);
  EXPECT_EQ(std::string_view{answer_["recordings"].at(0)["sha256"]}, all.sha256);
  EXPECT_EQ(client.recording_sha256(done), all.sha256) << "the server did not notice";
}

TEST_F(wfctl, what_changes_the_data_dir_refuses_beside_a_server) {
  server_process server{with()};
  tus_client client{server.port()};
  begin(client, session_of(1));
  for (const auto& words : std::vector<std::vector<std::string>>{{"fsck", "--repair"}, {"gc"}, {"gc", "--dry-run"}}) {
    const command_result got = ctl(words);
    EXPECT_EQ(got.exit_code, 4) << words.front();
    EXPECT_THAT(got.err, HasSubstr("a server at http://127.0.0.1:"));
  }
  EXPECT_EQ(ask({"gc"}), 4);
  EXPECT_EQ(std::string_view{answer_["error"]["code"]}, "unavailable");
}

TEST_F(wfctl, assemble_and_rm_are_asked_of_the_server) {
  server_process server{with()};
  tus_client client{server.port()};
  const std::string session = session_of(1);
  upload_all_but_last(client, session, {});
  ASSERT_EQ(ask({"assemble", session}), 0) << said_;
  EXPECT_TRUE(bool{answer_["assembled"]});
  EXPECT_EQ(std::uint64_t{answer_["size"]}, 2 * chunk_bytes);

  const std::string partial = session_of(2);
  upload_all_but_last(client, partial, 5);
  const command_result early = ctl({"assemble", partial});
  EXPECT_EQ(early.exit_code, 5);
  EXPECT_THAT(early.err, HasSubstr("missing: 2, 3, 4"));
  EXPECT_THAT(ctl({"assemble", partial, "--total", "20001"}).err, HasSubstr(" and 19989 more"));
  EXPECT_EQ(ctl({"assemble", partial, "--total", "2", "--url", server.url()}).exit_code, 0);

  ASSERT_EQ(ask({"rm", session_of(77), session, partial}), 3) << "the others are removed all the same";
  EXPECT_EQ(answer_["removed"].get_array().size(), 2U);
  EXPECT_EQ(answer_["failed"].get_array().size(), 1U);
  EXPECT_EQ(std::string_view{answer_["failed"].at(0)["session_id"]}, session_of(77));
  EXPECT_EQ(std::string_view{answer_["failed"].at(0)["code"]}, "not_found");
  EXPECT_FALSE(fs::exists(data.path() / session));
  ASSERT_EQ(ask({"show", session}), 0);
  EXPECT_EQ(std::string_view{answer_["state"]}, "cancelled");
  EXPECT_EQ(ctl({"rm", session_of(77)}).exit_code, 3);
  EXPECT_EQ(ctl({"show", session_of(77)}).exit_code, 3);
  EXPECT_EQ(server.stop(), 0);
  const command_result late = ctl({"assemble", session});
  EXPECT_EQ(late.exit_code, 4);
  // The kernel may let go of the lock a moment after the process has ended.
  EXPECT_THAT(late.err, testing::AnyOf(HasSubstr("no server has the data dir"), HasSubstr("no server answers at")));
}

TEST_F(wfctl, after_kills_under_traffic_fsck_finds_no_damage) {
  server_process server{with()};
  std::uint64_t next = 100;
  for (int round = 0; round < 6; ++round) {
    {
      tus_client client{server.port()};
      begin(client, session_of(next++));
      finish(client, session_of(next++));
      upload_all(client, session_of(next++), all, chunk_bytes, {2, 0, 1}, 50'000);  // killed while it is assembled
      raw_client flying{server.port()};
      EXPECT_EQ(client.create(session_of(next), {0, chunk_bytes, chunk_bytes}).status, 201);
      flying.send(
          fmt::format("PATCH {} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                      "Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
                      chunk_path(session_of(next++), 0), chunk_bytes));
      flying.send(all.part(0, 50'000));
      server.kill();
    }
    ASSERT_EQ(ask({"fsck"}), 0) << said_;
    EXPECT_EQ(std::uint64_t{answer_["damage"]}, 0U) << testing::PrintToString(findings());
    ASSERT_EQ(ask({"fsck", "--repair"}), 0) << said_;
    server.start_again();
  }
  tus_client client{server.port()};
  for (std::uint64_t at = 100; at < next; at += 4) {
    EXPECT_EQ(client.recording_sha256(session_of(at + 1)), all.sha256);
    client.wait_for_state(session_of(at + 2), "assembled");
    EXPECT_EQ(client.recording_sha256(session_of(at + 2)), all.sha256);
    EXPECT_EQ(client.head(chunk_path(session_of(at), 1)).upload_offset(), chunk_bytes);
  }
}

TEST_F(wfctl, damage_is_named_and_what_can_be_mended_is) {
  const std::string open = session_of(1);
  const std::string done = session_of(2);
  server_process server{with()};
  {
    tus_client client{server.port()};
    begin(client, open);
    finish(client, done);
  }
  ASSERT_EQ(server.stop(), 0);
  const fs::path segment = data.path() / open / "chunks" / "segment";
  const fs::path kept = elsewhere.path() / "segment";
  const fs::path manifest = data.path() / done / "completed" / "recording.meta";
  fs::copy_file(segment, kept);
  fs::resize_file(segment, chunk_bytes + 5);
  fs::remove(manifest);
  fs::create_directories(data.path() / open / "chunks" / "shard_0000");
  std::ofstream{data.path() / open / "chunks" / "shard_0000" / "000009.chunk"} << "left over";
  fs::create_directories(data.path() / done / "chunks");
  std::ofstream{data.path() / done / "chunks" / "segment"} << "left over too";
  fs::create_directories(data.path() / ".pending");
  std::ofstream{data.path() / ".pending" / "body"} << "x";

  ASSERT_EQ(ask({"fsck"}), 1);
  EXPECT_THAT(findings(),
              testing::UnorderedElementsAre("damage segment_short", "leftover stray_chunk_file",
                                            "damage manifest_missing", "leftover sources", "leftover pending_body"));
  EXPECT_FALSE(fs::exists(manifest)) << "reading changes nothing";
  ASSERT_EQ(ask({"fsck", "--repair"}), 1) << "the segment's bytes are not there to be had";
  EXPECT_EQ(std::uint64_t{answer_["mended"]}, 4U);
  EXPECT_TRUE(fs::exists(manifest));
  EXPECT_EQ(fs::file_size(segment), chunk_bytes + 5) << "what is left of it is not touched";
  ASSERT_EQ(ask({"fsck"}), 1);
  EXPECT_THAT(findings(), ElementsAre("damage segment_short"));

  server.start_again();
  {
    tus_client client{server.port()};
    EXPECT_EQ(client.status(open).state, "damaged");
    EXPECT_EQ(client.recording_sha256(done), all.sha256);
  }
  ASSERT_EQ(server.stop(), 0);
  fs::copy_file(kept, segment, fs::copy_options::overwrite_existing);
  ASSERT_EQ(ask({"fsck", "--repair"}), 0) << testing::PrintToString(findings());
  ASSERT_EQ(ask({"fsck"}), 0);
  EXPECT_THAT(findings(), IsEmpty());
  server.start_again();
  tus_client client{server.port()};
  client.upload(open, {2, 0, chunk_bytes, 3}, {}, chunk_bytes);
  client.wait_for_state(open, "assembled");
  EXPECT_EQ(client.recording_sha256(open), sha256_of(all.part(0, 2 * chunk_bytes)));
}

TEST_F(wfctl, a_lost_recording_and_a_forgotten_directory_are_named_and_kept) {
  const std::string done = session_of(1);
  server_process server{with()};
  {
    tus_client client{server.port()};
    finish(client, done);
  }
  ASSERT_EQ(server.stop(), 0);
  fs::copy(data.path() / done, data.path() / session_of(2), fs::copy_options::recursive);
  fs::remove(data.path() / done / "completed" / "recording.webm");
  ASSERT_EQ(ask({"fsck", "--repair"}), 1);
  EXPECT_THAT(findings(), testing::UnorderedElementsAre("damage recording_missing", "damage recording_forgotten"));
  EXPECT_TRUE(fs::exists(data.path() / session_of(2) / "completed" / "recording.webm"));
  fs::create_directories(data.path() / session_of(3) / "chunks");
  std::ofstream{data.path() / session_of(3) / "chunks" / "segment"} << "nobody knows";
  ASSERT_EQ(ask({"gc"}), 0);
  EXPECT_FALSE(fs::exists(data.path() / session_of(3)));
  EXPECT_TRUE(fs::exists(data.path() / session_of(2))) << "a recording goes only when that is said";
  const command_result page = ctl({"fsck"});
  EXPECT_EQ(page.exit_code, 1);
  EXPECT_THAT(page.out, HasSubstr("Put it back from a copy"));
  EXPECT_THAT(page.out, HasSubstr("1 session checked: 2 findings of damage"));
  ASSERT_EQ(ask({"gc", "--forgotten-recordings"}), 0);
  EXPECT_FALSE(fs::exists(data.path() / session_of(2)));
}

TEST_F(wfctl, scrub_and_export_find_a_flipped_bit_where_a_digest_is_known) {
  for (const std::string digest : {"sha256", "crc32c", "none"}) {
    const std::string done = session_of(digest == "sha256" ? 1 : digest == "crc32c" ? 2 : 3);
    server_process server{with({"--digest", digest})};
    {
      tus_client client{server.port()};
      finish(client, done);
    }
    ASSERT_EQ(server.stop(), 0);
    const fs::path file = data.path() / done / "completed" / "recording.webm";
    const auto flip = [&] {
      std::fstream bytes{file, std::ios::binary | std::ios::in | std::ios::out};
      bytes.seekg(123'456);
      const auto byte = static_cast<char>(bytes.get() ^ 4);
      bytes.seekp(123'456);
      bytes.put(byte);
    };
    const auto verdict = [&] { return std::string{std::string_view{answer_["recordings"].at(0)["verdict"]}}; };
    ASSERT_EQ(ask({"scrub", done}), 0);
    EXPECT_EQ(verdict(), digest == "none" ? "no digest" : "good");
    flip();
    EXPECT_EQ(ask({"scrub", done}), digest == "none" ? 0 : 1);
    EXPECT_EQ(verdict(), digest == "none" ? "no digest" : "differs");
    if (digest == "crc32c") {
      EXPECT_THAT(std::string{std::string_view{answer_["recordings"].at(0)["detail"]}},
                  HasSubstr("1 chunk differs: 1"));
      EXPECT_THAT(ctl({"scrub"}).out, HasSubstr("2 recordings read, 586 KiB; 1 good; 1 differs"));
      EXPECT_THAT(ctl({"show", done}).out, HasSubstr("crc32c of each chunk"));
    }
    const fs::path copy = elsewhere.path() / ("copy of " + digest);
    EXPECT_EQ(ask({"export", done, copy.string()}), digest == "none" ? 0 : 5);
    EXPECT_EQ(fs::exists(copy), digest == "none");
    flip();
    EXPECT_EQ(ask({"export", done, copy.string(), "--force"}), 0);
    EXPECT_EQ(std::string_view{answer_["compared_with"]}, digest);
    EXPECT_EQ(ask({"scrub"}), 0);
  }
}

TEST_F(wfctl, gc_says_what_it_would_remove_and_then_does) {
  const std::string open = session_of(1);
  const std::string done = session_of(2);
  server_process server{with()};
  {
    tus_client client{server.port()};
    begin(client, open);
    finish(client, done);
  }
  ASSERT_EQ(server.stop(), 0);
  ASSERT_EQ(ask({"gc", "--dry-run"}), 0);
  EXPECT_EQ(answer_["garbage"].get_array().size(), 0U) << "a week is not over";
  const auto expired = [&] {
    EXPECT_EQ(ask({"gc", "--dry-run", "--expire-after", "1s"}), 0);
    return answer_["garbage"].get_array().size() == 1;
  };
  for (int tries = 0; tries < 200 && !expired(); ++tries) std::this_thread::sleep_for(50ms);
  ASSERT_TRUE(expired());
  EXPECT_EQ(std::string_view{answer_["garbage"].at(0)["session_id"]}, open);
  EXPECT_EQ(std::uint64_t{answer_["bytes"]}, 2 * chunk_bytes);
  EXPECT_TRUE(fs::exists(data.path() / open)) << "a dry run touches nothing";
  ASSERT_EQ(ask({"gc", "--expire-after", "1s"}), 0);
  EXPECT_FALSE(fs::exists(data.path() / open));
  ASSERT_EQ(ask({"fsck"}), 0);
  EXPECT_THAT(findings(), IsEmpty());
  server.start_again();
  tus_client client{server.port()};
  EXPECT_EQ(client.status(open).http_status, 410);
  EXPECT_EQ(client.recording_sha256(done), all.sha256);
}

TEST_F(wfctl, a_directory_that_is_none_of_ours_is_refused_with_what_would_be_right) {
  const command_result got = ctl({"ls"});
  EXPECT_EQ(got.exit_code, 2);
  EXPECT_THAT(got.err, HasSubstr("is not a data dir: it has no .facts"));
}

TEST_F(wfctl, fan_out_and_plain_uploads_are_found) {
  const std::string done = session_of(1);
  server_process server{with({"--fan-out", "2", "--tus-base-path", "/plain/uploads/"})};
  tus_client client{server.port()};
  finish(client, done);
  const answer made = client.request("POST", "/plain/uploads/",
                                     "Tus-Resumable: 1.0.0\r\nUpload-Length: 5\r\n"
                                     "Content-Type: application/offset+octet-stream\r\n",
                                     std::as_bytes(std::span{"hello", 5}));
  ASSERT_EQ(made.status, 201);
  const std::string location = made.field("Location").value_or("");
  const std::string upload = "tus/" + location.substr(location.rfind('/') + 1);
  ASSERT_EQ(ask({"fsck"}), 0);
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(ask({"export", done, (elsewhere.path() / "a").string()}), 0);
  EXPECT_EQ(digest_of_file(elsewhere.path() / "a"), all.sha256);
  EXPECT_EQ(ask({"show", upload}), 0) << said_;
  EXPECT_TRUE(bool{answer_["upload"]});
  EXPECT_EQ(ask({"rm", upload}), 0) << said_;
}

}  // namespace
}  // namespace wf::test
