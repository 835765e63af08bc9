// The workload gives every chunk out once, finishes a recording only when all its chunks are there, drops one that
// failed, and calls verified only what was compared.
#include "wfload/workload.hpp"

#include <gtest/gtest.h>

#include <set>

#include "wfload/target.hpp"

namespace wf::load {
namespace {

class workload_test : public testing::Test {
 protected:
  workload_test() {
    how.recordings = 3;
    how.chunks_per_recording = 2;
    how.seed = 1;
  }
  options how;
  target to;
  std::atomic<std::uint64_t> begun{0};
};

TEST_F(workload_test, takes_open_recordings_in_turn) {
  const request_text text{how, to};
  workload of{how, text, 2, begun};
  std::vector<std::uint64_t> order;
  std::vector<std::unique_ptr<job>> taken;
  while (auto one = of.take_chunk(workload::growth::keep)) {
    order.push_back(one->recording_number());
    taken.push_back(std::move(one));
  }
  EXPECT_EQ(order, (std::vector<std::uint64_t>{0, 1, 0, 1}));
  EXPECT_EQ(of.take_finish(), nullptr);
  for (const auto& one : taken) EXPECT_EQ(of.ended(*one, true), workload::outcome::nothing);
  const auto finish = of.take_finish();
  ASSERT_NE(finish, nullptr);
  EXPECT_EQ(finish->recording_number(), 0U);
  EXPECT_EQ(of.ended(*finish, true), workload::outcome::recording_done);
  EXPECT_NE(of.take_chunk(workload::growth::keep), nullptr) << "the third recording has its turn now";
}

TEST_F(workload_test, a_failed_chunk_drops_its_recording) {
  how.recordings = 1;
  const request_text text{how, to};
  workload of{how, text, 1, begun};
  const auto one = of.take_chunk(workload::growth::keep);
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(of.ended(*one, false), workload::outcome::nothing);
  EXPECT_TRUE(of.idle());
  EXPECT_EQ(of.take_chunk(workload::growth::keep), nullptr);
  EXPECT_EQ(of.take_finish(), nullptr);
}

TEST_F(workload_test, growing_never_keeps_an_arrival_waiting) {
  const request_text text{how, to};
  workload of{how, text, 1, begun};
  std::set<std::uint64_t> numbers;
  for (int at = 0; at < 6; ++at) {
    const auto one = of.take_chunk(workload::growth::grow);
    ASSERT_NE(one, nullptr) << at;
    numbers.insert(one->recording_number());
  }
  EXPECT_EQ(numbers.size(), 3U);
  EXPECT_TRUE(of.exhausted());
  EXPECT_EQ(of.take_chunk(workload::growth::grow), nullptr);
}

TEST_F(workload_test, a_recording_whose_total_is_never_told_ends_with_its_chunks) {
  how.recordings = 1;
  how.chunks_per_recording = 1;
  how.total = total_told::never;
  const request_text text{how, to};
  workload of{how, text, 1, begun};
  const auto one = of.take_chunk(workload::growth::keep);
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(of.ended(*one, true), workload::outcome::recording_done);
  EXPECT_EQ(of.take_finish(), nullptr);
  EXPECT_TRUE(of.idle());
}

TEST_F(workload_test, a_check_that_was_put_off_reads_and_deletes_what_was_sent) {
  how.speak = protocol::put;
  how.recordings = 2;
  how.chunks_per_recording = 1;
  options checking = how;
  checking.verify = checking.remove = true;
  const request_text text{how, to};
  workload of{how, text, 1, begun};
  of.put_off_checks(checking);
  of.open_below(1);
  const auto sent = of.take_chunk(workload::growth::keep);
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(of.take_check(), nullptr) << "nothing is finished yet";
  answer good;
  good.status = 201;
  EXPECT_TRUE(std::holds_alternative<exchange>(sent->next(nullptr)));
  EXPECT_TRUE(std::holds_alternative<finished>(sent->next(&good))) << "reading and deleting come later";
  EXPECT_EQ(of.ended(*sent, true), workload::outcome::recording_done);
  EXPECT_EQ(of.take_chunk(workload::growth::keep), nullptr) << "the next cycle's";

  const auto check = of.take_check();
  ASSERT_NE(check, nullptr);
  EXPECT_FALSE(of.checks_left());
  const step read = check->next(nullptr);
  ASSERT_TRUE(std::holds_alternative<exchange>(read));
  EXPECT_EQ(std::get<exchange>(read).which, kind::read);
  good.status = 200;
  good.body_bytes = how.chunk_bytes;
  const step remove = check->next(&good);
  ASSERT_TRUE(std::holds_alternative<exchange>(remove));
  EXPECT_EQ(std::get<exchange>(remove).which, kind::remove);
  EXPECT_TRUE(std::holds_alternative<finished>(check->next(&good)));
  EXPECT_EQ(of.ended(*check, true), workload::outcome::nothing);
  EXPECT_FALSE(of.checks_left()) << "a check is not checked again";

  begun = 1;
  of.open_below(2);
  EXPECT_NE(of.take_chunk(workload::growth::keep), nullptr);
}

/// Lets a PUT chunk be sent, and with `verify` read back.
void play_put(job& one, const options& how) {
  answer good;
  good.status = 200;
  good.body_bytes = how.chunk_bytes;
  step now = one.next(nullptr);
  while (std::holds_alternative<exchange>(now)) now = one.next(&good);
  EXPECT_TRUE(std::holds_alternative<finished>(now));
}

TEST_F(workload_test, a_recording_is_verified_with_its_last_compared_chunk) {
  how.speak = protocol::put;
  how.recordings = 2;
  how.verify = true;
  const request_text text{how, to};
  workload of{how, text, 2, begun};
  std::vector<bool> verified;
  for (int at = 0; at < 4; ++at) {
    const auto one = of.take_chunk(workload::growth::keep);
    ASSERT_NE(one, nullptr);
    play_put(*one, how);
    verified.push_back(of.verifies_recording(*one));
    (void)of.ended(*one, true);
  }
  EXPECT_EQ(verified, (std::vector<bool>{false, false, true, true})) << "the two take turns";
}

TEST_F(workload_test, a_check_verifies_a_recording_only_when_it_compares) {
  how.speak = protocol::put;
  how.recordings = 1;
  for (const bool verify : {true, false}) {
    begun = 0;
    options checking = how;
    checking.verify = verify;
    checking.remove = true;
    const request_text text{how, to};
    workload of{how, text, 1, begun};
    of.put_off_checks(checking);
    while (const auto sent = of.take_chunk(workload::growth::keep)) {
      play_put(*sent, how);
      EXPECT_FALSE(of.verifies_recording(*sent)) << "sent is not compared";
      (void)of.ended(*sent, true);
    }
    int verified = 0;
    while (const auto check = of.take_check()) {
      play_put(*check, how);
      verified += of.verifies_recording(*check) ? 1 : 0;
      (void)of.ended(*check, true);
    }
    EXPECT_EQ(verified, verify ? 1 : 0);
  }
}

}  // namespace
}  // namespace wf::load
