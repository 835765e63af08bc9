#include "waveforge/io/buffer_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "await.hpp"
#include "waveforge/base/check.hpp"

namespace wf::io {

struct buffer_pool::state {
  state(ring_context& context, std::size_t count, std::size_t bytes_each)
      : ring(context), buffer_bytes(bytes_each), mapping_bytes(count * bytes_each), buffers(count) {
    void* memory = ::mmap(nullptr, mapped_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    mapped = memory;
    mapping = static_cast<std::byte*>(memory);
    if (mapping_bytes >= huge_page_bytes) {
      // One entry of the processor's address cache instead of 128 a buffer, one piece of a disk request instead of 128.
      void* first = memory;
      std::size_t room = mapped_bytes();
      mapping = static_cast<std::byte*>(std::align(huge_page_bytes, mapping_bytes, first, room));
      (void)::madvise(mapping, mapping_bytes, MADV_HUGEPAGE);  // a comfort: small pages do as well
    }
    free.reserve(count);
    for (std::size_t i = count; i-- > 0;) {
      buffers[i] = {{mapping + i * bytes_each, bytes_each}, static_cast<std::uint16_t>(i), false};
      free.push_back(static_cast<std::uint16_t>(i));
    }
  }
  ~state() { ::munmap(mapped, mapped_bytes()); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  /// Half as many each time the kernel says that the user may not lock so much.
  void register_what_fits(std::size_t most) {
    std::vector<std::span<std::byte>> spans;
    spans.reserve(buffers.size());
    for (const buffer& one : buffers) spans.push_back(one.bytes);
    std::size_t count = std::min({spans.size(), most, registered_max});
    while (count > 0) {
      const auto registered = ring.backend().register_buffers(std::span{spans}.first(count));
      if (registered) break;
      count = registered.error().os_errno == ENOMEM ? count / 2 : 0;
    }
    for (std::size_t i = 0; i < count; ++i) buffers[i].registered = true;
    registered_count = count;
  }

  void give_back(std::uint16_t index) {
    while (!waiters.empty()) {
      const op_id next = waiters.front();
      waiters.pop_front();
      if (ring.complete_external(next, index)) return;  // handed on: nobody can step in between
    }
    free.push_back(index);
  }

  static constexpr std::size_t registered_max = 16'384;  // IORING_MAX_REG_BUFFERS

  static constexpr std::size_t huge_page_bytes = 2UL << 20U;
  /// Room to begin at a huge page's address.
  [[nodiscard]] std::size_t mapped_bytes() const noexcept {
    return mapping_bytes < huge_page_bytes ? mapping_bytes : mapping_bytes + huge_page_bytes;
  }

  ring_context& ring;
  std::size_t buffer_bytes;
  std::size_t mapping_bytes;
  void* mapped{nullptr};
  std::byte* mapping{nullptr};
  std::vector<buffer> buffers;
  std::size_t registered_count{0};
  std::vector<std::uint16_t> free;  // last in, first out: the one given back last is still in the cache
  std::deque<op_id> waiters;
};

namespace {

template <typename State>
buffer_lease lease(const std::shared_ptr<State>& state, std::uint16_t index) {
  return {&state->buffers[index], [state](buffer* back) { state->give_back(back->index); }};
}

}  // namespace

buffer_pool::buffer_pool(ring_context& context, std::size_t count, std::size_t buffer_bytes, buffer_use use,
                         std::size_t registered_most) {
  WF_CHECK(count > 0 && count <= UINT16_MAX && buffer_bytes > 0 && buffer_bytes % 4096 == 0);
  state_ = std::make_shared<state>(context, count, buffer_bytes);
  if (use == buffer_use::direct_writes) state_->register_what_fits(registered_most);
}

buffer_pool::~buffer_pool() {
  WF_CHECK(in_use() == 0 && state_->waiters.empty());
}

task<buffer_lease> buffer_pool::take(deadline until) {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) co_return nullptr;
  if (buffer_lease at_once = try_take()) co_return at_once;
  const auto pool = state_;
  op_id id;
  auto ended = suspended_cancellable(pool->ring, [&](auto done) {
    id = pool->ring.start_external(until, std::move(done));
    pool->waiters.push_back(id);
    return id;
  });
  const std::int32_t value = co_await std::move(ended);
  if (value < 0) {
    std::erase(pool->waiters, id);
    co_return nullptr;
  }
  co_return lease(pool, static_cast<std::uint16_t>(value));
}

buffer_lease buffer_pool::try_take() {
  if (state_->free.empty()) return nullptr;
  const std::uint16_t index = state_->free.back();
  state_->free.pop_back();
  return lease(state_, index);
}

std::size_t buffer_pool::buffer_bytes() const noexcept {
  return state_->buffer_bytes;
}

std::size_t buffer_pool::registered_count() const noexcept {
  return state_->registered_count;
}

std::size_t buffer_pool::in_use() const noexcept {
  return state_->buffers.size() - state_->free.size();
}

}  // namespace wf::io
