// Pipes: lent in order, never lent with anything in them, and moved between sockets and files byte for byte.
#include "waveforge/io/pipe_pool.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/io/directory.hpp"
#include "waveforge/io/socket.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;
using test::running;

task<pipe_lease> take_quietly(pipe_pool& pool, deadline until) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_return co_await pool.take(until);
}

class pipe_pool_test : public test::scripted_ring_test {
 protected:
  pipe_lease take(pipe_pool& pool) { return run(take_quietly(pool, deadline::never())); }
  void give_back(pipe_lease& lease) {
    ring_.post([&lease] { lease = pipe_lease{}; });
    ring_.turn(false);
    settle();
  }
};

TEST_F(pipe_pool_test, a_pipe_comes_back_empty_and_is_lent_again) {
  pipe_pool pool{ring_, 1, 1U << 20U};
  EXPECT_EQ(pool.capacity_bytes(), 1U << 20U);
  pipe_lease first = take(pool);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->capacity_bytes, 1U << 20U);
  const int number = first->read_end.number();
  give_back(first);
  pipe_lease second = take(pool);
  EXPECT_EQ(second->read_end.number(), number);
  EXPECT_EQ(kernel_.open_descriptors.size(), 2U);
}

TEST_F(pipe_pool_test, a_pipe_with_leftovers_is_closed_and_replaced) {
  pipe_pool pool{ring_, 1, 1U << 20U};
  pipe_lease first = take(pool);
  const int number = first->read_end.number();
  first->held_bytes = 1;
  give_back(first);
  EXPECT_EQ(kernel_.open_descriptors.count(number), 0U);
  pipe_lease second = take(pool);
  ASSERT_TRUE(second);
  EXPECT_NE(second->read_end.number(), number);
  EXPECT_EQ(second->held_bytes, 0U);
}

TEST_F(pipe_pool_test, who_waits_gets_a_new_pipe_when_the_one_given_back_had_leftovers) {
  pipe_pool pool{ring_, 1, 1U << 20U};
  pipe_lease held = take(pool);
  running<pipe_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  held->held_bytes = 9;
  give_back(held);
  ASSERT_TRUE(one.ended());
  pipe_lease lease = one.value();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->held_bytes, 0U);
}

TEST_F(pipe_pool_test, who_waits_is_let_go_when_no_pipe_is_left_nor_can_be_made) {
  pipe_pool pool{ring_, 1, 1U << 20U};
  pipe_lease held = take(pool);
  running<pipe_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  kernel_.pipes_max = 0;
  held->held_bytes = 9;
  give_back(held);
  ASSERT_TRUE(one.ended());
  EXPECT_FALSE(one.value());
  EXPECT_FALSE(take(pool));  // at once: there is nobody who could give one back
  kernel_.pipes_max = 5;
  EXPECT_TRUE(take(pool));
}

TEST_F(pipe_pool_test, who_waits_is_served_in_order_and_not_overtaken) {
  pipe_pool pool{ring_, 1, 1U << 20U};
  pipe_lease held = take(pool);
  running<pipe_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  running<pipe_lease> two{ring_, take_quietly(pool, deadline::never())};
  settle();
  give_back(held);
  ASSERT_TRUE(one.ended());
  EXPECT_FALSE(two.ended());
  pipe_lease first = one.value();
  ASSERT_TRUE(first);
  give_back(first);
  ASSERT_TRUE(two.ended());
  EXPECT_TRUE(two.value());
}

TEST_F(pipe_pool_test, waits_end_by_time_and_by_cancellation) {
  pipe_pool pool{ring_, 1, 1U << 20U};
  pipe_lease held = take(pool);
  EXPECT_FALSE(run(take_quietly(pool, ring_.after(seconds{1}))));
  running<pipe_lease> one{ring_, take_quietly(pool, deadline::never())};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_FALSE(one.value());
  give_back(held);
  EXPECT_TRUE(take(pool));
}

TEST_F(pipe_pool_test, served_and_cancelled_in_one_turn_the_pipe_is_not_lost) {
  pipe_pool pool{ring_, 1, 1U << 20U};
  pipe_lease held = take(pool);
  {
    running<pipe_lease> one{ring_, take_quietly(pool, deadline::never())};
    settle();
    ring_.post([&] {
      held = pipe_lease{};
      one.cancel();
    });
    settle();
    ASSERT_TRUE(one.ended());
    EXPECT_TRUE(one.value());
  }
  EXPECT_TRUE(take(pool));
}

TEST_F(pipe_pool_test, is_as_large_as_the_kernel_lets_it_be) {
  kernel_.pipes_max = 3;
  pipe_pool some{ring_, 10, 1U << 20U};
  EXPECT_EQ(some.count(), 3U);
  pipe_pool none{ring_, 10, 1U << 20U};
  EXPECT_EQ(none.count(), 0U);
  EXPECT_EQ(none.capacity_bytes(), 0U);
  EXPECT_FALSE(take(none));
}

TEST_F(pipe_pool_test, pipes_of_a_page_are_not_worth_having) {
  kernel_.pipe_bytes_given = 4096;
  pipe_pool pool{ring_, 10, 1U << 20U};
  EXPECT_EQ(pool.count(), 0U);
  EXPECT_TRUE(kernel_.open_descriptors.empty());
}

TEST_F(pipe_pool_test, a_lease_that_outlives_its_pool_closes_its_pipe) {
  pipe_lease lease;
  {
    pipe_pool pool{ring_, 1, 1U << 20U};
    lease = take(pool);
  }
  EXPECT_EQ(kernel_.open_descriptors.size(), 2U);
  lease = pipe_lease{};
  EXPECT_TRUE(kernel_.open_descriptors.empty());
}

// --- splicing, scripted ---

class splice_script_test : public test::scripted_ring_test {
 protected:
  void SetUp() override {
    pipe_.read_end = descriptor{kernel_, 80};
    pipe_.write_end = descriptor{kernel_, 81};
    pipe_.held_bytes = 100;
  }
  pipe pipe_;
  std::uint64_t landed_{99};
};

TEST_F(splice_script_test, draining_goes_on_after_short_splices_at_the_right_offset) {
  std::uint64_t expected_offset = 4096;
  for (const std::int32_t count : {10, -EINTR, 60, 30}) {
    script_->answer(op_kind::splice, [&expected_offset, count](operation& op) {
      EXPECT_EQ(op.offset, no_offset);
      EXPECT_EQ(op.offset2, expected_offset);
      EXPECT_EQ(op.size, 4196 - expected_offset);
      if (count > 0) expected_offset += static_cast<std::uint64_t>(count);
      return count;
    });
  }
  EXPECT_TRUE(run(drain_to_file(pipe_, 50, 4096, 100, &landed_)));
  EXPECT_EQ(pipe_.held_bytes, 0U);
  EXPECT_EQ(landed_, 100U);
}

TEST_F(splice_script_test, a_failing_drain_says_what_landed_and_what_is_left) {
  script_->answer(op_kind::splice, 40);
  script_->answer(op_kind::splice, -ENOSPC);
  EXPECT_EQ(run(drain_to_file(pipe_, 50, 0, 100, &landed_)).error().code, errc::no_space);
  EXPECT_EQ(landed_, 40U);
  EXPECT_EQ(pipe_.held_bytes, 60U);
}

TEST_F(splice_script_test, a_pipe_that_holds_less_than_was_counted_is_a_failure_and_no_endless_loop) {
  for (const std::int32_t value : {0, -EAGAIN}) {
    script_->answer(op_kind::splice, value);
    EXPECT_EQ(run(drain_to_file(pipe_, 50, 0, 100, &landed_)).error().code, errc::io_failed);
    EXPECT_EQ(landed_, 0U);
  }
}

TEST_F(splice_script_test, filling_counts_and_ends_with_the_file) {
  script_->answer(op_kind::splice, -EINTR);
  script_->answer(op_kind::splice, 25);
  EXPECT_EQ(run(fill_from_file(pipe_, 50, 0, 50)).value(), 25U);
  EXPECT_EQ(pipe_.held_bytes, 125U);
  script_->answer(op_kind::splice, 0);
  EXPECT_EQ(run(fill_from_file(pipe_, 50, 25, 50)).value(), 0U);
  script_->answer(op_kind::splice, -EIO);
  EXPECT_EQ(run(fill_from_file(pipe_, 50, 25, 50)).error().code, errc::io_failed);
  EXPECT_EQ(pipe_.held_bytes, 125U);
}

// --- splicing, the real machine ---

class splice_test : public test::real_ring {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    ours_ = socket{descriptor{real_kernel(), ends[0]}};
    theirs_ = socket{descriptor{real_kernel(), ends[1]}};
  }

  test::temporary_directory place_;
  directory root_{descriptor{real_kernel(), real_kernel().open_root(place_.path()).value()}};
  socket ours_;
  socket theirs_;
};

task<std::string> socket_to_file(socket& from, pipe_pool& pool, file& to) {
  std::uint64_t offset = 0;
  for (;;) {
    const auto readable = co_await from.wait_readable(1, deadline::never());
    if (!readable) co_return readable.error().detail;
    pipe_lease lease = co_await pool.take(deadline::never());
    if (!lease) co_return "no pipe";
    const auto got = from.splice_now(*lease, lease->capacity_bytes);
    if (!got) co_return got.error().detail;
    if (!*got) continue;
    if (**got == 0) co_return "";
    const auto drained = co_await drain_to_file(*lease, to.number(), offset, **got);
    if (!drained) co_return drained.error().detail;
    offset += **got;
  }
}

task<std::string> file_to_socket(file& from, pipe_pool& pool, socket& to) {
  std::uint64_t offset = 0;
  pipe_lease lease = co_await pool.take(deadline::never());
  for (;;) {
    const auto filled = co_await fill_from_file(*lease, from.number(), offset, lease->capacity_bytes);
    if (!filled) co_return filled.error().detail;
    if (*filled == 0) co_return "";
    const auto drained = co_await to.drain_from(*lease, *filled, seconds{60});
    if (!drained) co_return drained.error().detail;
    offset += *filled;
  }
}

TEST_F(splice_test, bytes_go_from_a_socket_to_a_file_and_back) {
  pipe_pool pool{ring_, 2, 256 * 1024};
  if (pool.count() < 2) GTEST_SKIP() << "the user's pipe allowance (fs.pipe-user-pages-soft) is spent";
  std::string text(3'000'001, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 2'654'435'761U >> 13U);
  file middle = std::move(run(root_.open_file("middle", open_mode::create_new)).value());
  {
    running<std::string> storing{ring_, socket_to_file(ours_, pool, middle)};
    const auto owner = std::make_shared<std::string>(text);
    ASSERT_TRUE(run(theirs_.send_all(std::as_bytes(std::span{*owner}), owner, seconds{60})));
    run(theirs_.finish_sending());
    while (!storing.ended()) ring_.turn(true);
    EXPECT_EQ(storing.value(), "");
  }
  EXPECT_EQ(run(middle.status()).value().size_bytes, text.size());
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  socket out{descriptor{real_kernel(), ends[0]}};
  socket in{descriptor{real_kernel(), ends[1]}};
  running<std::string> sending{ring_, file_to_socket(middle, pool, out)};
  std::string back;
  while (back.size() < text.size()) {
    auto memory = std::make_shared<std::string>(64 * 1024, '?');
    const auto got = run(in.receive(std::as_writable_bytes(std::span{*memory}), memory, deadline::never()));
    ASSERT_TRUE(got && *got > 0);
    back.append(*memory, 0, *got);
  }
  while (!sending.ended()) ring_.turn(true);
  EXPECT_EQ(sending.value(), "");
  EXPECT_TRUE(back == text);
}

}  // namespace
}  // namespace wf::io
