// Sockets: waiting for enough bytes, receiving, sending all of it, pipes in between, and every way a wait may end.
#include "waveforge/io/socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/io/task_scope.hpp"

namespace wf::io {
namespace {

using std::chrono::seconds;
using test::running;

template <typename T>
task<T> quiet(task<T> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_return co_await std::move(work);
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

// --- scripted ---

class socket_script_test : public test::scripted_ring_test {
 protected:
  void SetUp() override { kernel_.open_descriptors.insert(70); }
  [[nodiscard]] std::span<std::byte> into() { return std::as_writable_bytes(std::span{memory_}); }

  std::string memory_ = std::string(64, '?');
  socket socket_{descriptor{kernel_, 70}};
};

TEST_F(socket_script_test, sets_the_low_water_mark_only_when_it_changes) {
  for (const std::int32_t ready : {POLLIN, POLLIN, POLLIN}) script_->answer(op_kind::poll, ready);
  EXPECT_TRUE(run(socket_.wait_readable(1, deadline::never())).value());
  EXPECT_TRUE(run(socket_.wait_readable(500, deadline::never())).value());
  EXPECT_TRUE(run(socket_.wait_readable(500, deadline::never())).value());
  EXPECT_EQ(kernel_.low_waters, (std::vector<std::uint32_t>{500}));
  // A receive must not wait for 500 bytes: it takes what is there.
  script_->answer(op_kind::recv, 3);
  EXPECT_EQ(run(socket_.receive(into(), nullptr, deadline::never())).value(), 3U);
  EXPECT_EQ(kernel_.low_waters, (std::vector<std::uint32_t>{500, 1}));
}

TEST_F(socket_script_test, wait_readable_of_no_bytes_waits_for_one) {
  script_->answer(op_kind::poll, POLLIN);
  EXPECT_TRUE(run(socket_.wait_readable(0, deadline::never())).value());
  EXPECT_TRUE(kernel_.low_waters.empty());
}

TEST_F(socket_script_test, wait_readable_tells_time_from_cancellation_from_failure) {
  EXPECT_FALSE(run(socket_.wait_readable(1, ring_.after(seconds{2}))).value());
  running<result<bool>> one{ring_, quiet(socket_.wait_readable(1, deadline::never()))};
  settle();
  one.cancel();
  settle();
  ASSERT_TRUE(one.ended());
  const auto cancelled = one.value();
  EXPECT_EQ(cancelled.error().code, errc::timed_out);
  EXPECT_EQ(cancelled.error().os_errno, ECANCELED);
  script_->answer(op_kind::poll, -EBADF);
  EXPECT_EQ(run(socket_.wait_readable(1, deadline::never())).error().code, errc::io_failed);
}

TEST_F(socket_script_test, receive_of_no_room_asks_nobody) {
  EXPECT_EQ(run(socket_.receive({}, nullptr, deadline::never())).value(), 0U);
  EXPECT_EQ(script_->started(), 0U);
}

TEST_F(socket_script_test, receive_ends_with_the_peer_with_time_and_with_errors) {
  script_->answer(op_kind::recv, 0);
  EXPECT_EQ(run(socket_.receive(into(), nullptr, deadline::never())).value(), 0U);
  EXPECT_EQ(run(socket_.receive(into(), nullptr, ring_.after(seconds{1}))).error().code, errc::timed_out);
  script_->answer(op_kind::recv, -ECONNRESET);
  EXPECT_EQ(run(socket_.receive(into(), nullptr, deadline::never())).error().code, errc::peer_gone);
}

TEST_F(socket_script_test, a_cancelled_receive_keeps_its_buffer_until_the_kernel_let_go) {
  script_->obey_cancel(false);
  auto owner = std::make_shared<int>(0);
  running<result<std::size_t>> one{ring_, quiet(socket_.receive(into(), owner, deadline::never()))};
  settle();
  one.cancel();
  settle();
  EXPECT_FALSE(one.ended());
  EXPECT_GE(owner.use_count(), 2);
  script_->complete(script_->only().id, -ECANCELED);
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(one.value().error().code, errc::timed_out);
  EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(socket_script_test, receive_now_tells_nothing_there_from_the_end) {
  kernel_.receives = {5, -EAGAIN, 0, -ECONNRESET};
  EXPECT_EQ(socket_.receive_now(into()).value(), 5U);
  EXPECT_EQ(socket_.receive_now(into()).value(), std::nullopt);
  EXPECT_EQ(socket_.receive_now(into()).value(), 0U);
  EXPECT_EQ(socket_.receive_now(into()).error().code, errc::peer_gone);
}

TEST_F(socket_script_test, send_all_goes_on_after_short_sends_each_with_its_own_patience) {
  script_->answer(op_kind::send, 3);
  running<result<void>> one{ring_, quiet(socket_.send_all(bytes_of("0123456789"), nullptr, seconds{10}))};
  settle();
  time_.advance(seconds{9});
  settle();
  ASSERT_FALSE(one.ended());
  script_->complete(script_->only().id, 4);
  settle();
  EXPECT_EQ(script_->only().op->size, 3U);
  time_.advance(seconds{9});  // 18 s in all, and nobody was idle for ten
  settle();
  ASSERT_FALSE(one.ended());
  script_->complete(script_->only().id, 3);
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_TRUE(one.value());
}

TEST_F(socket_script_test, send_all_gives_up_on_a_peer_that_takes_nothing) {
  EXPECT_EQ(run(socket_.send_all(bytes_of("x"), nullptr, seconds{10})).error().code, errc::timed_out);
  script_->answer(op_kind::send, -EPIPE);
  EXPECT_EQ(run(socket_.send_all(bytes_of("x"), nullptr, seconds{10})).error().code, errc::peer_gone);
}

TEST_F(socket_script_test, splicing_counts_what_the_pipe_holds) {
  pipe between;
  between.read_end = descriptor{kernel_, 80};
  between.write_end = descriptor{kernel_, 81};
  kernel_.splices = {100, -EAGAIN, 50, 0, -ECONNRESET};
  EXPECT_EQ(socket_.splice_now(between, 200).value(), 100U);
  EXPECT_EQ(socket_.splice_now(between, 200).value(), std::nullopt);
  EXPECT_EQ(socket_.splice_now(between, 200).value(), 50U);
  EXPECT_EQ(socket_.splice_now(between, 200).value(), 0U);
  EXPECT_EQ(socket_.splice_now(between, 200).error().code, errc::peer_gone);
  EXPECT_EQ(between.held_bytes, 150U);
}

TEST_F(socket_script_test, draining_a_pipe_goes_on_after_short_splices_and_waits_for_room) {
  pipe between;
  between.read_end = descriptor{kernel_, 80};
  between.write_end = descriptor{kernel_, 81};
  between.held_bytes = 100;
  kernel_.splices = {30, -EAGAIN, 20, 50};
  script_->answer(op_kind::poll, POLLOUT);
  EXPECT_TRUE(run(socket_.drain_from(between, 100, seconds{1})));
  EXPECT_EQ(between.held_bytes, 0U);
  EXPECT_EQ(script_->history(), (std::vector{op_kind::poll}));
}

TEST_F(socket_script_test, draining_a_pipe_to_a_peer_that_is_gone_or_slow_tells_what_is_left) {
  pipe between;
  between.read_end = descriptor{kernel_, 80};
  between.write_end = descriptor{kernel_, 81};
  between.held_bytes = 100;
  kernel_.splices = {30, -EPIPE};
  EXPECT_EQ(run(socket_.drain_from(between, 100, seconds{1})).error().code, errc::peer_gone);
  EXPECT_EQ(between.held_bytes, 70U);
  EXPECT_EQ(run(socket_.drain_from(between, 70, seconds{1})).error().code, errc::timed_out);
  EXPECT_EQ(between.held_bytes, 70U);
}

TEST_F(socket_script_test, a_slow_peer_is_waited_for_as_long_as_it_takes_bytes) {
  kernel_.unsent = {900, 700, 699, 699};
  EXPECT_EQ(run(socket_.wait_writable(seconds{60})).error().code, errc::timed_out);
  EXPECT_EQ(script_->history(), (std::vector{op_kind::poll, op_kind::poll, op_kind::poll}));
  kernel_.unsent = {900, 700};
  script_->answer(op_kind::poll, -ETIMEDOUT);
  script_->answer(op_kind::poll, POLLOUT);
  EXPECT_TRUE(run(socket_.wait_writable(seconds{60})));
}

TEST_F(socket_script_test, closing_goes_through_the_ring_once_and_is_not_cancelled) {
  running<int> one{ring_, [](socket& which) -> task<int> {
                     co_await asio::this_coro::throw_if_cancelled(false);
                     (void)co_await sleep_until(deadline::never());
                     co_await which.finish_sending();
                     co_await which.close();
                     co_await which.close();
                     co_return 1;
                   }(socket_)};
  settle();
  one.cancel();
  script_->answer(op_kind::shutdown, -ENOTCONN);
  script_->answer(op_kind::close, 0);
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_EQ(script_->history(), (std::vector{op_kind::shutdown, op_kind::close}));
}

// --- the real machine ---

class socket_test : public test::real_ring {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    ours_ = socket{descriptor{real_kernel(), ends[0]}};
    theirs_ = socket{descriptor{real_kernel(), ends[1]}};
  }
  void peer_says(std::string_view text) {
    ASSERT_EQ(::send(theirs_.number(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  socket ours_;
  socket theirs_;
};

task<std::string> receive_text(socket& from, std::size_t size) {
  auto memory = std::make_shared<std::string>(size, '?');
  const auto got = co_await from.receive(std::as_writable_bytes(std::span{*memory}), memory, deadline::never());
  co_return got ? memory->substr(0, *got) : got.error().detail;
}

TEST_F(socket_test, receives_what_is_there) {
  peer_says("hello");
  EXPECT_EQ(run(receive_text(ours_, 100)), "hello");
  running<std::string> one{ring_, receive_text(ours_, 100)};
  ring_.turn(false);
  EXPECT_FALSE(one.ended());
  peer_says("later");
  while (!one.ended()) ring_.turn(true);
  EXPECT_EQ(one.value(), "later");
}

TEST_F(socket_test, readable_when_the_peer_has_finished) {
  run(theirs_.finish_sending());
  EXPECT_TRUE(run(ours_.wait_readable(1'000, deadline::never())).value());
  EXPECT_EQ(run(receive_text(ours_, 10)), "");
}

TEST_F(socket_test, a_cancelled_receive_loses_no_bytes) {
  running<std::string> one{ring_, quiet(receive_text(ours_, 100))};
  ring_.turn(false);
  one.cancel();
  while (!one.ended()) ring_.turn(true);
  peer_says("kept");
  EXPECT_EQ(run(receive_text(ours_, 100)), "kept");
}

task<std::size_t> receive_all(socket& from, std::string& out) {
  for (;;) {
    const std::string piece = co_await receive_text(from, 64 * 1024);
    if (piece.empty()) co_return out.size();
    out += piece;
  }
}

task<void> send_and_finish(socket& to, std::shared_ptr<std::string> text, bool& sent) {
  const auto outcome = co_await to.send_all(std::as_bytes(std::span{*text}), text, seconds{60});
  sent = outcome.has_value();
  co_await to.finish_sending();
}

TEST_F(socket_test, sends_more_than_a_socket_holds) {
  auto text = std::make_shared<std::string>(8_MiB, ' ');
  for (std::size_t i = 0; i < text->size(); ++i) (*text)[i] = static_cast<char>(i * 2'654'435'761U >> 13U);
  task_scope scope{ring_};
  bool sent = false;
  ASSERT_TRUE(scope.spawn(send_and_finish(theirs_, text, sent)));
  std::string received;
  EXPECT_EQ(run(receive_all(ours_, received)), 8_MiB);
  EXPECT_TRUE(received == *text);
  EXPECT_TRUE(run(scope.join(deadline::never())));
  EXPECT_TRUE(sent);
}

TEST_F(socket_test, sending_to_a_closed_peer_is_told_and_raises_no_signal) {
  run(theirs_.close());
  auto text = std::make_shared<std::string>("x");
  const auto outcome = run(ours_.send_all(std::as_bytes(std::span{*text}), text, seconds{60}));
  EXPECT_EQ(outcome.error().code, errc::peer_gone);
}

// --- acceptor ---

class acceptor_script_test : public test::scripted_ring_test {
 protected:
  acceptor acceptor_{descriptor{kernel_, 60}};
};

TEST_F(acceptor_script_test, waits_a_moment_when_descriptors_have_run_out) {
  script_->answer(op_kind::accept, -EMFILE);
  script_->answer(op_kind::accept, -ENFILE);
  script_->answer(op_kind::accept, 61);
  const steady_time begin = time_.now();
  EXPECT_EQ(run(acceptor_.accept()).value().number(), 61);
  EXPECT_GE(time_.now() - begin, std::chrono::milliseconds{200});
}

TEST_F(acceptor_script_test, passes_over_connections_that_failed_before_they_were_accepted) {
  script_->answer(op_kind::accept, -ECONNABORTED);
  script_->answer(op_kind::accept, -EPROTO);
  script_->answer(op_kind::accept, 61);
  const steady_time begin = time_.now();
  EXPECT_EQ(run(acceptor_.accept()).value().number(), 61);
  EXPECT_EQ(time_.now(), begin);
}

TEST_F(acceptor_script_test, a_listener_that_is_none_is_a_failure) {
  script_->answer(op_kind::accept, -EINVAL);
  EXPECT_EQ(run(acceptor_.accept()).error().code, errc::io_failed);
}

TEST_F(acceptor_script_test, is_cancelled_while_it_accepts_and_while_it_waits) {
  running<result<descriptor>> one{ring_, quiet(acceptor_.accept())};
  settle();
  one.cancel();
  settle();
  EXPECT_EQ(one.value().error().code, errc::timed_out);
  script_->answer(op_kind::accept, -EMFILE);
  running<result<descriptor>> two{ring_, quiet(acceptor_.accept())};
  settle();
  two.cancel();
  settle();
  EXPECT_EQ(two.value().error().code, errc::timed_out);
}

// Accepted and cancelled at once: the descriptor must not be lost.
TEST_F(acceptor_script_test, a_connection_that_crossed_the_cancellation_is_handed_out) {
  script_->obey_cancel(false);
  kernel_.open_descriptors.insert(61);
  {
    running<result<descriptor>> one{ring_, quiet(acceptor_.accept())};
    settle();
    one.cancel();
    settle();
    script_->complete(script_->only().id, 61);
    settle();
    ASSERT_TRUE(one.ended());
    EXPECT_EQ(one.value().value().number(), 61);
  }
  EXPECT_EQ(kernel_.open_descriptors.count(61), 0U);
}

task<int> accept_one(acceptor& from) {
  auto accepted = co_await from.accept();
  co_return accepted ? ::fcntl(accepted->number(), F_GETFL) : -1;
}

using acceptor_test = test::real_ring;

TEST_F(acceptor_test, connects_and_accepts_through_the_ring) {
  acceptor listener{descriptor{real_kernel(), real_kernel().listen("127.0.0.1:0", false).value()}};
  running<int> accepted{ring_, accept_one(listener)};
  const descriptor client{real_kernel(), ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  operation op;
  op.kind = op_kind::connect;
  op.fd = client.number();
  op.path = real_kernel().local_address(listener.number()).value();
  EXPECT_EQ(run(perform(std::move(op), deadline::never())), 0);
  while (!accepted.ended()) ring_.turn(true);
  const int flags = accepted.value();
  ASSERT_GE(flags, 0);
  EXPECT_EQ(flags & O_NONBLOCK, O_NONBLOCK);  // splice_now must never block
  operation wrong;
  wrong.kind = op_kind::connect;
  wrong.fd = client.number();
  wrong.path = "nowhere";
  EXPECT_EQ(run(perform(std::move(wrong), deadline::never())), -EINVAL);
}

}  // namespace
}  // namespace wf::io
