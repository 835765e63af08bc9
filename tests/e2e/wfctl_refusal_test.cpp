// What wfctl does not do, and what it then tells the shell: nobody else's server is asked, nothing but a file is
// written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "e2e/wfctl_scene.hpp"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class wfctl_refuses : public wfctl_scene {};

TEST_F(wfctl_refuses, to_ask_a_server_that_has_another_data_dir) {
  server_process server{with()};
  tus_client client{server.port()};
  const std::string done = session_of(1);
  finish(client, done);
  // It is told before the chunks are gone, and nobody can copy what goes meanwhile.
  while (fs::exists(data.path() / done / "chunks")) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  const fs::path copy = elsewhere.path() / "copy";
  fs::copy(data.path(), copy, fs::copy_options::recursive);
  for (const auto& words : std::vector<std::vector<std::string>>{{"rm", done}, {"assemble", done}}) {
    const command_result got = ctl_on(copy, words);
    EXPECT_EQ(got.exit_code, 4);
    EXPECT_THAT(got.err, HasSubstr("no server has the data dir " + copy.string()));
  }
  EXPECT_EQ(client.recording_sha256(done), all.sha256) << "its .lock names the server all the same";
  EXPECT_EQ(ctl_on(copy, {"rm", done, "--url", server.url()}).exit_code, 0) << "that one was named";
}

TEST_F(wfctl_refuses, to_look_for_a_server_where_there_is_no_data_dir) {
  for (const fs::path& none : {elsewhere.path() / "nowhere", elsewhere.path()}) {
    EXPECT_EQ(ctl_on(none, {"rm", session_of(1)}).exit_code, 2);
    EXPECT_EQ(ctl_on(none, {"assemble", session_of(1)}).exit_code, 2);
  }
}

TEST_F(wfctl_refuses, to_export_to_anything_but_a_file) {
  server_process server{with()};
  tus_client client{server.port()};
  const std::string done = session_of(1);
  finish(client, done);
  const fs::path pipe = elsewhere.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_symlink(pipe, elsewhere.path() / "link to pipe");
  fs::create_directory(elsewhere.path() / "directory");
  for (const std::string name : {"pipe", "link to pipe", "directory"}) {
    for (const std::string force : {"--force", "--json"}) {
      const command_result got = ctl({"export", done, (elsewhere.path() / name).string(), force});
      EXPECT_EQ(got.exit_code, 2) << name;
      EXPECT_THAT(got.err, HasSubstr("or - for standard output")) << name;
    }
  }
  EXPECT_TRUE(fs::is_fifo(fs::status(pipe)));
  EXPECT_TRUE(fs::is_symlink(fs::symlink_status(elsewhere.path() / "link to pipe")));
}

TEST_F(wfctl_refuses, with_5_when_it_is_a_file_that_is_missing) {
  server_process server{with()};
  tus_client client{server.port()};
  const std::string done = session_of(1);
  finish(client, done);
  const command_result nowhere = ctl({"export", done, (elsewhere.path() / "none" / "o").string()});
  EXPECT_EQ(nowhere.exit_code, 5);
  EXPECT_THAT(nowhere.err, HasSubstr("No such file or directory"));
  fs::remove(data.path() / done / "completed" / "recording.webm");
  const command_result gone = ctl({"export", done, (elsewhere.path() / "o").string()});
  EXPECT_EQ(gone.exit_code, 5);
  EXPECT_THAT(gone.err, HasSubstr("recording.webm"));
  EXPECT_EQ(ctl({"export", session_of(77), (elsewhere.path() / "o").string()}).exit_code, 3);
}

TEST_F(wfctl_refuses, to_leave_half_a_file_when_a_signal_ends_it) {
  server_process server{with()};
  tus_client client{server.port()};
  const std::string done = session_of(1);
  finish(client, done);
  // SIGXFSZ comes with the first byte behind the limit, which is in the middle of the recording.
  const command_result got =
      run_command({"sh", "-c", "ulimit -f 100; exec \"$0\" --data-dir \"$1\" export \"$2\" \"$3\"", WF_WFCTL_BIN,
                   data.path().string(), done, (elsewhere.path() / "o").string()});
  EXPECT_EQ(got.exit_code, 128 + SIGXFSZ);
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(wfctl_refuses, to_call_it_done_when_the_answer_could_not_be_written) {
  server_process server{with()};
  // Standard output that can only be read takes nothing, as on a disk that is full.
  const command_result got =
      run_command({"sh", "-c", "exec \"$0\" --data-dir \"$1\" ls 1<\"$1\"/.lock", WF_WFCTL_BIN, data.path().string()});
  EXPECT_EQ(got.exit_code, 5);
  EXPECT_THAT(got.err, HasSubstr("standard output"));
}

}  // namespace
}  // namespace wf::test
