// A data dir on a real disk: whose it is, where its sessions lie, and what looking at it leaves behind.
#include "wfctl/data_dir.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <cstdlib>
#include <fstream>

#include "support/temporary_directory.hpp"
#include "unit/wfctl/scene.hpp"
#include "waveforge/io/descriptor.hpp"
#include "waveforge/io/kernel.hpp"
#include "waveforge/store/identity.hpp"
#include "waveforge/store/rocks_facts.hpp"
#include "wfctl/exit_status.hpp"
#include "wfctl/export.hpp"
#include "wfctl/gc.hpp"
#include "wfctl/scrub.hpp"

namespace wf::ctl {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class wfctl_data_dir : public testing::Test {
 protected:
  test::temporary_directory here_;
  test::temporary_directory elsewhere_;
  console quiet_{true};

  [[nodiscard]] fs::path path() const { return here_.path(); }
  [[nodiscard]] std::unique_ptr<store::facts> owned_rows() const {
    return store::open_rocks_facts((path() / ".facts").string(), store::facts_access::owner).value();
  }
  void note_server() const {
    store::identity note;
    note.era = scene::now_era;
    note.address = "http://127.0.0.1:1";
    note.tus_base = "/plain";
    std::ofstream{path() / ".lock"} << store::encode_identity(note);
  }
  /// Held until the result is gone.
  [[nodiscard]] io::descriptor locked(int how) const {
    io::descriptor held{io::real_kernel(), ::open((path() / ".lock").c_str(), O_RDWR | O_CLOEXEC)};
    EXPECT_EQ(::flock(held.number(), how | LOCK_NB), 0);
    return held;
  }
};

TEST_F(wfctl_data_dir, a_server_is_believed_only_while_it_holds_the_lock) {
  EXPECT_EQ(find_server(path()).error().code, errc::bad_request) << "it is no data dir";
  (void)owned_rows();
  EXPECT_EQ(find_server(path()).error().code, errc::unavailable) << "there is no .lock";
  note_server();
  EXPECT_EQ(find_server(path()).error().code, errc::unavailable) << "nobody holds it";
  {
    const io::descriptor reader = locked(LOCK_SH);
    EXPECT_EQ(find_server(path()).error().code, errc::unavailable) << "a reader is no server";
  }
  const io::descriptor server = locked(LOCK_EX);
  const auto found = find_server(path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->address, "http://127.0.0.1:1");
  EXPECT_EQ(found->tus_base, "/plain");
}

TEST_F(wfctl_data_dir, readers_do_not_take_one_another_for_a_server) {
  (void)owned_rows();
  note_server();
  const auto one = data_dir::open(path(), claim::if_free);
  const auto other = data_dir::open(path(), claim::if_free);
  ASSERT_TRUE(one && other);
  EXPECT_FALSE(one->in_use());
  EXPECT_FALSE(other->in_use());
  const auto writer = data_dir::open(path(), claim::required);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, errc::unavailable);
  EXPECT_THAT(writer.error().detail, HasSubstr("another wfctl is reading"));
}

TEST_F(wfctl_data_dir, a_reader_has_nothing_to_leave_behind_when_a_signal_ends_it) {
  scene::put(*owned_rows(), scene::recording_of("x", 2));
  ASSERT_EQ(::setenv("TMPDIR", elsewhere_.path().c_str(), 1), 0);
  const auto dir = data_dir::open(path(), claim::none);
  EXPECT_EQ(::unsetenv("TMPDIR"), 0);
  ASSERT_TRUE(dir);
  EXPECT_TRUE(fs::is_empty(elsewhere_.path()));
  EXPECT_EQ(find_session(dir->rows(), "x").value(), scene::id_of("x"));
}

TEST_F(wfctl_data_dir, a_session_without_its_directory_is_not_looked_for_in_the_working_directory) {
  scene::put(*owned_rows(), scene::finished("x", 3));
  fs::create_directories(elsewhere_.path() + "/completed");
  std::ofstream{elsewhere_.path() + "/completed/recording.webm"} << std::string(300, 'x');
  const auto dir = data_dir::open(path(), claim::none);
  ASSERT_TRUE(dir);
  const fs::path before = fs::current_path();
  fs::current_path(elsewhere_.path());
  const auto read = scrub(*dir, std::nullopt, 0, quiet_);
  const auto copied = export_recording(*dir, scene::id_of("x"), elsewhere_.path() + "/copy", false, quiet_);
  fs::current_path(before);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->recordings.size(), 1U);
  EXPECT_EQ(read->recordings[0].verdict, scrub_verdict::unreadable);
  EXPECT_EQ(read->recordings[0].file, "x/completed/recording.webm");
  ASSERT_FALSE(copied);
  EXPECT_THAT(copied.error().detail, HasSubstr(here_.path() + "/x/completed/recording.webm"));
  EXPECT_EQ(status_of(copied.error()), exit_status::failed);
}

TEST_F(wfctl_data_dir, gc_forgets_a_tombstone_with_every_row_that_would_have_it_looked_at) {
  session::recording gone;
  gone.id = scene::id_of("x");
  gone.now = session::state::cancelled;
  gone.created_at = scene::at_second(0);
  gone.ended_at = scene::at_second(10);
  session::recording stays = scene::finished("y", 1);
  {
    const auto rows = owned_rows();
    scene::put(*rows, gone);
    scene::put(*rows, stays);
    std::vector<store::fact_write> looks;
    for (const int second : {5, 10, 700'000})
      looks.push_back({session::expiry_key(scene::at_second(second), gone.id), ""});
    looks.push_back({session::expiry_key(scene::at_second(7), stays.id), ""});
    ASSERT_TRUE(rows->apply(looks, true));
  }
  const auto dir = data_dir::open(path(), claim::required, true);
  ASSERT_TRUE(dir);
  auto garbage = find_garbage(*dir, {}, false, quiet_);
  ASSERT_TRUE(garbage);
  ASSERT_TRUE(mend(*dir, *garbage, quiet_));
  std::vector<std::string> left;
  ASSERT_TRUE(dir->rows().scan("e", "e", [&](std::string_view key, std::string_view) {
    left.push_back(name_of(session::parse_key(key)->id));
    return true;
  }));
  EXPECT_THAT(left, testing::ElementsAre("y"));
  EXPECT_FALSE(dir->rows().get(session::session_key(gone.id))->has_value());
}

}  // namespace
}  // namespace wf::ctl
