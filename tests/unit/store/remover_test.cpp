// Proves that a session's bytes go only after the fact that says so is on stable storage, that a removal can be broken
// off anywhere and done again, and that nothing outside the session is touched.
#include "waveforge/store/remover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "support/store_parts.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {
namespace {

namespace fs = std::filesystem;

class Remover : public test::store_parts {
 protected:
  remover removes_{core_};

  /// A session with a segment and a chunk's file, known to the facts.
  std::shared_ptr<session_entry> put_session(std::string_view id) {
    auto entry = run(sessions_.find(id_of(id))).value();
    entry->known = true;
    session::chunk one;
    one.length_bytes = 10;
    entry->value.chunks.add(0, one);
    const std::vector<fact_write> rows{session_row(entry->value), chunk_row(entry->id(), 0, one),
                                       progress_row(entry->id(), 0, one, 5, true, era)};
    EXPECT_TRUE(rows_.kept.apply(rows, true));
    EXPECT_TRUE(run(entry->files.segment()));
    EXPECT_TRUE(run(entry->files.chunk_file(7, 0)));
    return entry;
  }
  [[nodiscard]] bool has(const std::string& key) const { return rows_.kept.all().contains(key); }
};

TEST_F(Remover, TouchesNothingBeforeTheFactIsOnStableStorage) {
  const auto entry = put_session("sid");
  kernel_.forget_events();
  ASSERT_TRUE(run(removes_.bury(entry, session::state::cancelled)));
  EXPECT_NE(kernel_.first_end("apply and sync"), test::watched_kernel::npos);
  EXPECT_LT(kernel_.first_end("apply and sync"), kernel_.first_end("unlink"));
  EXPECT_FALSE(fs::exists(path_of("sid")));
  EXPECT_EQ(entry->value.now, session::state::cancelled);
  EXPECT_TRUE(entry->value.chunks.empty());
}

// The rows of a write that failed may have come to the disk all the same: what were told of the session now, its bytes
// or its end, the next start might not find.
TEST_F(Remover, SaysNothingOfASessionWhoseRemovalMayBeOnTheDisk) {
  const auto entry = put_session("sid");
  const auto other = put_session("other");
  rows_.kept.refuse(error{errc::io_failed, "write the log", EIO});
  EXPECT_FALSE(run(removes_.bury(entry, session::state::cancelled)));
  ASSERT_FALSE(entry->usable());
  EXPECT_EQ(entry->usable().error().code, errc::io_failed);
  EXPECT_TRUE(fs::exists(path_of("sid")));
  EXPECT_FALSE(run(removes_.bury(other, session::state::cancelled))) << "nothing is written any more";
  EXPECT_TRUE(other->usable()) << "so of this one nothing can be on the disk";
}

TEST_F(Remover, LeavesATombstoneAndNoOtherRow) {
  const auto entry = put_session("sid");
  ASSERT_TRUE(run(removes_.bury(entry, session::state::expired)));
  EXPECT_TRUE(has(session::session_key(entry->id())));
  EXPECT_FALSE(has(session::chunk_key(entry->id(), 0)));
  EXPECT_FALSE(has(session::progress_key(entry->id(), 0)));
  EXPECT_FALSE(has(session::work_key(entry->id()))) << "nothing is left to be resumed";
  const auto loaded = load_recording(rows_, entry->id(), era).value();
  EXPECT_EQ(loaded->now, session::state::expired);
}

TEST_F(Remover, AFactThatCouldNotBeWrittenRemovesNothing) {
  const auto entry = put_session("sid");
  rows_.kept.refuse(error{errc::io_failed, "refused", 0});
  EXPECT_FALSE(run(removes_.bury(entry, session::state::cancelled)));
  EXPECT_TRUE(fs::exists(path_of("sid/chunks/segment")));
  EXPECT_EQ(entry->value.now, session::state::open);
  EXPECT_FALSE(entry->value.chunks.empty());
}

TEST_F(Remover, ARemovalThatWasBrokenOffIsNotedAndCanBeDoneAgain) {
  const auto entry = put_session("sid");
  kernel_.fail_next(io::op_kind::unlink, EIO);
  EXPECT_FALSE(run(removes_.bury(entry, session::state::cancelled)));
  EXPECT_EQ(entry->value.now, session::state::cancelled) << "the fact counts";
  EXPECT_TRUE(fs::exists(path_of("sid")));
  EXPECT_TRUE(has(session::work_key(entry->id())));
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(run(removes_.remove_bytes(entry)));
    EXPECT_FALSE(fs::exists(path_of("sid")));
    EXPECT_FALSE(has(session::work_key(entry->id())));
  }
}

TEST_F(Remover, RemovesALinkAndNotWhatItPointsTo) {
  fs::create_directories(path_of("precious"));
  std::ofstream{path_of("precious/file")} << "kept";
  fs::create_directories(path_of("tree/deep"));
  fs::create_directory_symlink(path_of("precious"), path_of("tree/deep/link"));
  ASSERT_TRUE(run(remove_tree(root_->handle, "tree")));
  EXPECT_FALSE(fs::exists(path_of("tree")));
  EXPECT_TRUE(fs::exists(path_of("precious/file")));
  EXPECT_TRUE(run(remove_tree(root_->handle, "tree"))) << "what is gone is gone";
}

}  // namespace
}  // namespace wf::store
