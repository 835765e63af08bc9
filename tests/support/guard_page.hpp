#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string_view>

namespace wf::test {

/// A copy of some bytes that ends exactly where an unreadable page begins: a parser that looks one byte too far dies on
/// the spot instead of passing by luck.
class guarded_bytes {
 public:
  explicit guarded_bytes(std::string_view text) : size_{text.size()} {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t room = (text.size() / page + 1) * page;
    mapped_ = room + page;
    memory_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc{};
    char* const guard = static_cast<char*>(memory_) + room;
    if (::mprotect(guard, page, PROT_NONE) != 0) throw std::bad_alloc{};
    start_ = guard - size_;
    if (size_ != 0) std::memcpy(start_, text.data(), size_);
  }
  guarded_bytes(const guarded_bytes&) = delete;
  guarded_bytes& operator=(const guarded_bytes&) = delete;
  ~guarded_bytes() { ::munmap(memory_, mapped_); }

  [[nodiscard]] std::string_view view() const noexcept { return {start_, size_}; }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {reinterpret_cast<std::byte*>(start_), size_}; }

 private:
  void* memory_{nullptr};
  std::size_t mapped_{0};
  std::size_t size_{0};
  char* start_{nullptr};
};

}  // namespace wf::test
