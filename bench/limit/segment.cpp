#include "segment.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace limit {
namespace {

constexpr std::uint64_t step_bytes = std::uint64_t{16} << 20U;

}  // namespace

void give_up(const char* doing, int error_number) {
  (void)std::fprintf(stderr, "bench_limit: cannot %s: %s\n", doing, std::strerror(error_number));
  std::exit(1);
}

segment::~segment() {
  if (plain >= 0) ::close(plain);
  if (direct >= 0) ::close(direct);
}

segment* segments::find(std::string_view session) {
  const auto at = known_.find(std::string{session});
  return at == known_.end() ? nullptr : at->second.get();
}

segment& segments::of(std::string_view session) {
  auto& one = known_[std::string{session}];
  if (one) return *one;
  one = std::make_unique<segment>();
  if (directory_.empty()) return *one;
  one->path = directory_ + "/" + std::string{session};
  one->plain = ::open(one->path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (one->plain < 0) give_up("make a file", errno);
  // Not every file system has it; the direct way says so when it is used.
  one->direct = ::open(one->path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
  return *one;
}

void segments::remove(std::string_view session) {
  const auto at = known_.find(std::string{session});
  if (at == known_.end()) return;
  if (!at->second->path.empty()) (void)::unlink(at->second->path.c_str());
  known_.erase(at);
}

void segments::reserve(segment& one, std::uint64_t end) const {
  if (one.plain < 0 || end <= one.allocated) return;
  const std::uint64_t next = std::max(end, one.allocated + step_bytes);
  if (::fallocate(one.plain, 0, static_cast<off_t>(one.allocated), static_cast<off_t>(next - one.allocated)) != 0) {
    give_up("reserve blocks", errno);
  }
  one.allocated = next;
}

void segments::finish(segment& one) const {
  if (one.plain < 0 || one.allocated == one.length) return;
  if (::ftruncate(one.plain, static_cast<off_t>(one.length)) != 0) give_up("cut a file", errno);
  one.allocated = one.length;
}

}  // namespace limit
