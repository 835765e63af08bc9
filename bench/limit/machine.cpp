#include "machine.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "segment.hpp"

namespace limit {
namespace {

constexpr std::size_t piece_bytes = std::size_t{512} << 10U;
constexpr std::size_t file_bytes = std::size_t{64} << 20U;

struct figure {
  double bytes_per_s;
  double cpu_s_per_gb;
};

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double thread_cpu_s() {
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

template <typename Step>
figure repeat(double seconds, Step step) {
  for (int at = 0; at < 8; ++at) (void)step();
  const double from = now_s();
  const double cpu = thread_cpu_s();
  std::uint64_t bytes = 0;
  while (now_s() - from < seconds) bytes += step();
  const auto moved = static_cast<double>(bytes);
  return {moved / (now_s() - from), (thread_cpu_s() - cpu) / (moved / 1e9)};
}

figure copy(double seconds, std::size_t span) {
  std::vector<char> from(span, 'a');
  std::vector<char> to(span, 'b');
  std::size_t at = 0;
  return repeat(seconds, [&] {
    std::memcpy(to.data() + at, from.data() + at, piece_bytes);
    at = (at + piece_bytes) % span;
    asm volatile("" : : "r"(to.data()) : "memory");
    return piece_bytes;
  });
}

figure receive(double seconds) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener, 1) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) != 0) {
    give_up("listen", errno);
  }
  std::thread sender{[at] {
    // The sender takes any processor but, if there is another, the receiver's.
    cpu_set_t all;
    CPU_ZERO(&all);
    for (unsigned cpu = 1; cpu < 1024; ++cpu) CPU_SET(cpu, &all);
    (void)::sched_setaffinity(0, sizeof all, &all);
    const int out = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(out, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) give_up("connect", errno);
    const std::vector<char> bytes(piece_bytes, 'c');
    while (::send(out, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
    ::close(out);
  }};
  const int in = ::accept(listener, nullptr, nullptr);
  const int low_water = piece_bytes;
  (void)::setsockopt(in, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof low_water);
  std::vector<char> into(piece_bytes);
  const figure seen = repeat(seconds, [&] {
    const ssize_t got = ::recv(in, into.data(), into.size(), MSG_WAITALL);
    if (got <= 0) give_up("receive", errno);
    return static_cast<std::size_t>(got);
  });
  ::close(in);
  ::close(listener);
  sender.join();
  return seen;
}

figure page_cache(const std::string& directory, double seconds) {
  const std::string path = directory + "/page_cache";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0644);
  if (file < 0) give_up("make a file", errno);
  const std::vector<char> bytes(piece_bytes, 'd');
  off_t at = 0;
  const auto fresh = [&] {
    // The pages go back before new ones are taken, so that the machine's own first touch of memory stays outside.
    if (::ftruncate(file, 0) != 0 || ::fallocate(file, 0, 0, file_bytes) != 0) give_up("reserve blocks", errno);
    at = 0;
  };
  fresh();
  const figure seen = repeat(seconds, [&] {
    if (at == static_cast<off_t>(file_bytes)) fresh();
    if (::pwrite(file, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(piece_bytes)) give_up("write", errno);
    at += static_cast<off_t>(piece_bytes);
    return piece_bytes;
  });
  ::close(file);
  (void)::unlink(path.c_str());
  return seen;
}

}  // namespace

std::string measure_machine(const std::string& directory, double seconds_each) {
  const figure hot = copy(seconds_each, piece_bytes);
  const figure cold = copy(seconds_each, file_bytes);
  const figure sink = receive(seconds_each);
  const figure cache = page_cache(directory, seconds_each);
  const double disk = disk_in_rounds(directory, 64, seconds_each);
  char text[512];
  (void)std::snprintf(text, sizeof text,
                      "{\"memcpy_hot_gb_s\":%.3f,\"memcpy_cold_gb_s\":%.3f,\"receive_gb_s\":%.3f,"
                      "\"receive_cpu_s_per_gb\":%.4f,\"page_cache_gb_s\":%.3f,\"page_cache_cpu_s_per_gb\":%.4f,"
                      "\"disk_rounds_gb_s\":%.4f}\n",
                      hot.bytes_per_s / 1e9, cold.bytes_per_s / 1e9, sink.bytes_per_s / 1e9, sink.cpu_s_per_gb,
                      cache.bytes_per_s / 1e9, cache.cpu_s_per_gb, disk / 1e9);
  return text;
}

}  // namespace limit
