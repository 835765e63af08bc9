// The real machine's answers: listening, addresses, pipes, queues, file systems, locks.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "support/temporary_directory.hpp"
#include "waveforge/base/check.hpp"
#include "waveforge/io/descriptor.hpp"
#include "waveforge/io/kernel.hpp"
#include "waveforge/io/probe.hpp"

namespace wf::io {
namespace {

kernel& world() {
  return real_kernel();
}

descriptor listener(const std::string& address) {
  return {world(), world().listen(address, false).value()};
}

/// A connection to `server` of either family.
descriptor connect_to(const descriptor& server) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  WF_CHECK(::getsockname(server.number(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  descriptor client{world(), ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  WF_CHECK(::connect(client.number(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  return client;
}

TEST(listen, chooses_a_port_and_tells_it) {
  const descriptor server = listener("127.0.0.1:0");
  const std::string address = world().local_address(server.number()).value();
  EXPECT_TRUE(address.starts_with("127.0.0.1:"));
  EXPECT_NE(address, "127.0.0.1:0");
  const descriptor client = connect_to(server);
  const descriptor accepted{world(), ::accept(server.number(), nullptr, nullptr)};
  const peer_address peer = world().peer_of(accepted.number());
  EXPECT_EQ(peer.text, world().local_address(client.number()).value());
  EXPECT_TRUE(peer.loopback);
  EXPECT_FALSE(peer.unix_socket);
  EXPECT_EQ(peer.bytes, (std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}));
}

TEST(listen, speaks_ipv6_alone_on_an_ipv6_address) {
  const auto made = world().listen("[::1]:0", false);
  if (!made) GTEST_SKIP() << "no IPv6 loopback here: " << made.error().detail;
  const descriptor server{world(), *made};
  EXPECT_TRUE(world().local_address(server.number()).value().starts_with("[::1]:"));
  const descriptor client = connect_to(server);
  const descriptor accepted{world(), ::accept(server.number(), nullptr, nullptr)};
  const peer_address peer = world().peer_of(accepted.number());
  EXPECT_TRUE(peer.loopback);
  EXPECT_EQ(peer.bytes, (std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(listen, every_worker_may_have_its_own_when_the_port_is_shared) {
  const descriptor first{world(), world().listen("127.0.0.1:0", true).value()};
  const std::string address = world().local_address(first.number()).value();
  const descriptor second{world(), world().listen(address, true).value()};
  EXPECT_EQ(world().local_address(second.number()).value(), address);
}

TEST(listen, says_which_address_is_taken_and_what_to_do) {
  const descriptor server = listener("127.0.0.1:0");
  const std::string address = world().local_address(server.number()).value();
  const auto refused = world().listen(address, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().os_errno, EADDRINUSE);
  EXPECT_NE(refused.error().detail.find(address), std::string::npos);
  EXPECT_NE(refused.error().detail.find("another process"), std::string::npos);
}

TEST(listen, refuses_what_is_no_address) {
  for (const char* text : {"", ":", "8080", ":8080", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "127.0.0.1:8o", "1.2.3:80", "::1:80", "[::1:80", "[]:80", "[1.2.3.4]:80",
                           "unix:", "127.0.0.1:80 ", " 127.0.0.1:80"}) {
    const auto refused = world().listen(text, false);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, errc::bad_request) << text;
  }
  EXPECT_EQ(world().listen("unix:/" + std::string(200, 'x'), false).error().code, errc::bad_request);
}

TEST(listen, on_a_unix_socket) {
  test::temporary_directory place;
  const std::string address = "unix:" + place.path() + "/socket";
  const descriptor server = listener(address);
  EXPECT_EQ(world().local_address(server.number()).value(), address);
  const descriptor client = connect_to(server);
  const descriptor accepted{world(), ::accept(server.number(), nullptr, nullptr)};
  const peer_address peer = world().peer_of(accepted.number());
  EXPECT_EQ(peer.text, "unix");
  EXPECT_TRUE(peer.unix_socket);
  EXPECT_FALSE(peer.loopback);
}

TEST(listen, a_unix_socket_is_for_its_owner_and_group_whatever_the_umask) {
  test::temporary_directory place;
  for (const mode_t mask : {0U, 022U, 077U}) {
    const std::string path = place.path() + "/" + std::to_string(mask);
    const mode_t before = ::umask(mask);
    const descriptor server = listener("unix:" + path);
    ::umask(before);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U) << mask;
  }
}

TEST(listen, takes_over_a_unix_socket_nobody_answers_on) {
  test::temporary_directory place;
  const std::string address = "unix:" + place.path() + "/socket";
  listener(address).reset();
  ASSERT_TRUE(std::filesystem::exists(place.path() + "/socket"));
  const descriptor again = listener(address);
  EXPECT_EQ(world().listen(address, false).error().os_errno, EADDRINUSE);  // somebody answers now
  std::ofstream{place.path() + "/file"} << "not a socket";
  EXPECT_FALSE(world().listen("unix:" + place.path() + "/file", false));
  EXPECT_TRUE(std::filesystem::exists(place.path() + "/file"));
}

class pair_test : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = listener("127.0.0.1:0");
    client_ = connect_to(server_);
    accepted_ = descriptor{world(), ::accept4(server_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  }
  void client_says(std::string_view text) {
    ASSERT_EQ(::send(client_.number(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  descriptor server_;
  descriptor client_;
  descriptor accepted_;
};

TEST_F(pair_test, sends_and_receives_without_waiting) {
  std::byte into[8];
  EXPECT_EQ(world().recv_now(accepted_.number(), into), -EAGAIN);
  client_says("abc");
  EXPECT_EQ(world().readable_bytes(accepted_.number()), 3U);
  EXPECT_EQ(world().recv_now(accepted_.number(), into), 3);
  EXPECT_EQ(world().send_now(accepted_.number(), std::as_bytes(std::span{"xyz", 3})), 3);
  world().stop_receiving(accepted_.number());
  EXPECT_EQ(world().recv_now(accepted_.number(), into), 0);
  client_.reset();
  EXPECT_EQ(world().readable_bytes(-1), 0U);
}

TEST_F(pair_test, options_take_hold) {
  world().set_no_delay(accepted_.number());
  world().set_receive_low_water(accepted_.number(), 1'000);
  int value = 0;
  socklen_t length = sizeof value;
  ASSERT_EQ(::getsockopt(accepted_.number(), SOL_SOCKET, SO_RCVLOWAT, &value, &length), 0);
  EXPECT_EQ(value, 1'000);
}

TEST_F(pair_test, splices_between_socket_and_pipe_without_waiting) {
  const auto [read_end, write_end] = world().make_pipe(65'536).value();
  const descriptor in{world(), read_end};
  const descriptor out{world(), write_end};
  EXPECT_EQ(world().splice_now(accepted_.number(), out.number(), 100), -EAGAIN);
  client_says("through a pipe");
  EXPECT_EQ(world().splice_now(accepted_.number(), out.number(), 100), 14);
  EXPECT_EQ(world().splice_now(in.number(), accepted_.number(), 100), 14);
  EXPECT_EQ(world().splice_now(in.number(), accepted_.number(), 100), -EAGAIN);
  client_.reset();
}

/// Runs `first` in a thread that goes on until `second` has run in this one. Nothing puts one before the other but the
/// kernel, as when it hands a number on: the flags are relaxed.
template <typename First, typename Second>
void in_two_threads(First first, Second second) {
  std::atomic<bool> first_done{false};
  std::atomic<bool> second_done{false};
  std::thread other{[&] {
    first();
    first_done.store(true, std::memory_order_relaxed);
    while (!second_done.load(std::memory_order_relaxed)) std::this_thread::yield();
  }};
  while (!first_done.load(std::memory_order_relaxed)) std::this_thread::yield();
  second();
  second_done.store(true, std::memory_order_relaxed);
  other.join();
}

/// Sockets as a ring makes, uses and closes them: past libc, and so past ThreadSanitizer.
void receive_from_unseen_sockets() {
  std::array<int, 2> ends{};
  WF_CHECK(::syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  std::array<std::byte, 1> bytes{};
  for (const int end : ends) EXPECT_EQ(world().recv_now(end, bytes), -EAGAIN);
  for (const int end : ends) world().close(end);
}

// ThreadSanitizer sees neither what a ring closes nor what `opendir` opens, and takes a directory that gets a socket's
// number for that socket, closed while another thread receives. Under it this fails unless tools/dev/tsan.supp names
// it.
TEST(numbers, of_sockets_may_be_given_to_directories_of_another_thread) {
  in_two_threads(receive_from_unseen_sockets, [] {
    EXPECT_NE(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
  });
}

// Under ThreadSanitizer this fails when it sees pipes being made: it does not see them closed.
TEST(numbers, of_pipes_may_be_given_to_sockets_of_another_thread) {
  in_two_threads(
      [] {
        const auto [read_end, write_end] = world().make_pipe(65'536).value();
        world().close(read_end);
        world().close(write_end);
      },
      receive_from_unseen_sockets);
}

TEST(pipes, are_as_large_as_asked_and_do_not_block) {
  const auto [read_end, write_end] = world().make_pipe(256 * 1024).value();
  const descriptor in{world(), read_end};
  const descriptor out{world(), write_end};
  EXPECT_GE(world().pipe_bytes(write_end), 4096U);
  EXPECT_EQ(::fcntl(read_end, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  EXPECT_EQ(::fcntl(write_end, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(world().pipe_bytes(-1), 0U);
}

TEST(roots, are_made_with_their_parents_for_their_owner_alone) {
  test::temporary_directory place;
  const std::string path = place.path() + "/a/b/c";
  const descriptor made{world(), world().open_root(path).value()};
  struct stat status {};
  ASSERT_EQ(::stat((place.path() + "/a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  const descriptor again{world(), world().open_root(path + "/").value()};
  std::ofstream{place.path() + "/file"} << "x";
  EXPECT_EQ(world().open_root(place.path() + "/file").error().os_errno, ENOTDIR);
  EXPECT_EQ(world().open_root(place.path() + "/file/d").error().os_errno, ENOTDIR);
  EXPECT_EQ(world().open_root("").error().code, errc::bad_request);
}

TEST(file_systems, tell_what_they_are) {
  test::temporary_directory place;
  const descriptor root{world(), world().open_root(place.path()).value()};
  const file_system_facts facts = world().file_system_of(root.number()).value();
  EXPECT_FALSE(facts.type.empty());
  EXPECT_NE(facts.mount_instance, 0U);
  EXPECT_GE(facts.block_bytes, 512U);
  if (facts.direct_memory_alignment != 0) {
    EXPECT_GE(facts.direct_offset_alignment, 512U);
  }
  if (!facts.uuid.empty()) {
    EXPECT_EQ(facts.uuid.size(), 36U);
  }
  // The same question has the same answer: recovery compares them.
  const file_system_facts again = world().file_system_of(root.number()).value();
  EXPECT_EQ(facts.uuid, again.uuid);
  EXPECT_EQ(facts.mount_instance, again.mount_instance);
  EXPECT_TRUE(std::filesystem::is_empty(place.path()));
  EXPECT_FALSE(world().file_system_of(-1));
}

TEST(file_systems, another_mount_has_another_instance) {
  const descriptor processes{world(), ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  test::temporary_directory place;
  const descriptor root{world(), world().open_root(place.path()).value()};
  EXPECT_NE(world().file_system_of(processes.number()).value().mount_instance,
            world().file_system_of(root.number()).value().mount_instance);
  EXPECT_EQ(world().file_system_of(processes.number()).value().type, "9fa0");  // none we know by name
}

TEST(file_systems, tell_their_space) {
  test::temporary_directory place;
  const descriptor root{world(), world().open_root(place.path()).value()};
  const space room = world().space_of(root.number()).value();
  EXPECT_GT(room.total_bytes, 0U);
  EXPECT_LE(room.available_bytes, room.total_bytes);
  EXPECT_FALSE(world().space_of(-1));
}

TEST(boot, has_an_id_that_stays) {
  EXPECT_EQ(world().boot_id().size(), 36U);
  EXPECT_EQ(world().boot_id(), world().boot_id());
}

TEST(locks, are_held_by_one_descriptor) {
  test::temporary_directory place;
  const std::string path = place.path() + "/lock";
  const auto open = [&] { return descriptor{world(), ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)}; };
  descriptor first = open();
  const descriptor second = open();
  EXPECT_EQ(world().try_lock(first.number()), true);
  EXPECT_EQ(world().try_lock(second.number()), false);
  first.reset();
  EXPECT_EQ(world().try_lock(second.number()), true);
  EXPECT_FALSE(world().try_lock(-1));
}

TEST(probe, finds_what_this_kernel_can_do) {
  const auto features = probe_ring();
  ASSERT_TRUE(features) << features.error().detail;
  EXPECT_FALSE(features->kernel_release.empty());
  if (features->single_issuer_defer_taskrun) {
    EXPECT_TRUE(features->cooperative_taskrun);  // the older of the two
  }
}

// Without descriptors there is no ring; the refusal names the limit to raise.
TEST(probe, says_what_the_operator_can_do) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto refused = probe_ring();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unavailable);
  EXPECT_NE(refused.error().detail.find("LimitNOFILE"), std::string::npos) << refused.error().detail;
}

}  // namespace
}  // namespace wf::io
