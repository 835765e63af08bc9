// Counts the blocks of memory that are in use, so that a history can be seen to give all of its own back.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "campaign.hpp"

namespace {

std::atomic<std::int64_t> blocks{0};

void* take(std::size_t size, std::size_t alignment) {
  void* const memory = alignment == 0 ? std::malloc(size)
                                      : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc{};
  blocks.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

std::int64_t wf::sim::live_blocks() noexcept {
  return blocks.load(std::memory_order_relaxed);
}

void* operator new(std::size_t size) {
  return take(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return take(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  give_back(memory);
}
