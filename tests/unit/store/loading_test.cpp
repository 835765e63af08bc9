// Proves that a disk which does not answer while a session is loaded costs one request and nothing else: the session is
// damaged only when its files are known to contradict its facts, and the next request loads it again.
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "support/failing_kernel.hpp"
#include "support/hosted_store.hpp"
#include "support/memory_body.hpp"
#include "waveforge/store/identity.hpp"
#include "waveforge/store/rocks_facts.hpp"
#include "waveforge/store/rows.hpp"
#include "waveforge/store/session_cache.hpp"
#include "waveforge/store/store_host.hpp"

namespace wf::store {
namespace {

class Loading : public test::hosted_store<test::failing_kernel> {
 protected:
  static session::session_id id() { return session::session_id::parse("one", session::id_format::token).value(); }

  void send(std::uint32_t index, const std::string& text, std::uint64_t length, std::optional<std::uint32_t> total) {
    create_request request;
    request.id = id();
    request.index = chunk_index{index};
    request.length_bytes = length;
    request.length_bytes_max = 1U << 20U;
    request.hints.total_chunks = total;
    request.hints.format = "webm";
    ASSERT_TRUE(run(data().create(request)));
    auto right = run(data().write(id(), chunk_index{index}));
    ASSERT_TRUE(right);
    test::memory_body body{text};
    ASSERT_TRUE(run((*right)->append(on_, body, {})));
  }
  void finish() {
    send(0, std::string(5000, 'x'), 5000, 1);
    std::uint64_t seen = 0;
    for (;;) {
      const auto view = run(data().wait_for_change(id(), seen, ring_.after(std::chrono::seconds{20})));
      ASSERT_TRUE(view) << view.error().detail;
      if (view->state == session::state::assembled) return;
      seen = view->version;
    }
  }
  /// As a killed process leaves it: the bytes count in the present era only. The server is not running afterwards: what
  /// is to fail is said before it starts, because it looks for such bytes at once.
  void unvouch(std::uint64_t bytes) {
    host_.reset();
    std::ifstream in{with_.data_dir + "/.lock", std::ios::binary};
    const auto claimed = decode_identity(std::string{std::istreambuf_iterator<char>{in}, {}});
    ASSERT_TRUE(claimed);
    auto rows = open_rocks_facts(with_.data_dir + "/.facts", facts_access::owner);
    ASSERT_TRUE(rows);
    session::chunk one;
    one.vouched_bytes = 0;
    const std::vector<fact_write> batch{progress_row(id(), 0, one, bytes, false, claimed->era)};
    ASSERT_TRUE((*rows)->apply(batch, true));
    rows->reset();
  }
  result<std::uint64_t> offset() {
    const auto settled = run(data().settle(id(), chunk_index{0}));
    if (!settled) return fail(settled.error());
    return settled->offset_bytes;
  }
};

TEST_F(Loading, ADiskThatDoesNotAnswerIsAskedAgain) {
  send(0, std::string(700, 'x'), 5000, {});
  for (const int why : {EIO, EMFILE, ENOMEM}) {
    reopen();
    kernel_.fail_next(io::op_kind::stat, "segment", why);
    const auto refused = offset();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().code, errc::damaged);
    EXPECT_NE(refused.error().code, errc::locked) << "the session is called damaged";
    EXPECT_EQ(kernel_.failures_left(), 0U);
    EXPECT_EQ(offset(), 700U);
    EXPECT_EQ(run(data().status(id()))->state, session::state::open);
  }
}

TEST_F(Loading, AFinishedRecordingIsNotLostBecauseTheDiskDidNotAnswer) {
  finish();
  reopen();
  kernel_.fail_next(io::op_kind::stat, "recording.webm", EIO);
  EXPECT_FALSE(run(data().status(id())));
  EXPECT_EQ(run(data().status(id()))->state, session::state::assembled);
  kernel_.fail_next(io::op_kind::open, "recording.webm", EMFILE);
  const auto refused = run(data().open_recording(id()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unavailable);
  EXPECT_TRUE(run(data().open_recording(id())));
}

TEST_F(Loading, BytesOfADeadProcessWaitForADescriptor) {
  send(0, std::string(700, 'x'), 5000, {});
  unvouch(700);
  kernel_.fail_next(io::op_kind::open, "segment", EMFILE);
  open();
  // This request meets it, or the pass over what earlier processes left behind did before.
  const auto first = offset();
  EXPECT_TRUE(!first || *first == 700);
  EXPECT_EQ(offset(), 700U);
  EXPECT_EQ(kernel_.failures_left(), 0U);
}

TEST_F(Loading, ACleanStopSealsWhatADeadProcessWrote) {
  send(0, std::string(700, 'x'), 5000, {});
  unvouch(700);
  open();
  host_.reset();
  with_.recover = recover_mode::crash;
  open();
  EXPECT_EQ(offset(), 700U);
}

TEST_F(Loading, AFailedSyncOfADeadProcesssBytesIsFinal) {
  send(0, std::string(700, 'x'), 5000, {});
  unvouch(700);
  kernel_.fail_next(io::op_kind::sync_data, "", EIO);
  open();
  EXPECT_EQ(offset(), 0U);
  EXPECT_FALSE(data().ready());
}

TEST_F(Loading, ASyncThatFailsWhileClosingEndsTheEraToo) {
  send(0, std::string(700, 'x'), 5000, {});
  kernel_.fail_next(io::op_kind::sync_data, "", EIO);
  host_.reset();
  ASSERT_EQ(kernel_.failures_left(), 0U);
  open();
  EXPECT_EQ(offset(), 0U) << "what the page cache still shows may not be on the disk";
}

TEST_F(Loading, AMissingFileIsDamage) {
  send(0, std::string(700, 'x'), 5000, {});
  host_.reset();
  ASSERT_EQ(::unlink((with_.data_dir + "/one/chunks/segment").c_str()), 0);
  open();
  EXPECT_EQ(run(data().status(id()))->state, session::state::damaged);
  EXPECT_EQ(offset().error().code, errc::locked);
}

}  // namespace
}  // namespace wf::store
