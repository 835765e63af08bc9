#include "waveforge/io/pipe_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <vector>

#include "await.hpp"
#include "waveforge/base/check.hpp"

namespace wf::io {

struct pipe_pool::state {
  state(ring_context& context, std::size_t count, std::uint32_t bytes_each)
      : ring(context), wanted(count), wanted_bytes(bytes_each) {}

  /// Null: the kernel refuses, or the user's allowance gives only pipes too small to be worth it.
  std::unique_ptr<pipe> make() {
    auto ends = ring.world().make_pipe(wanted_bytes);
    if (!ends) return nullptr;
    auto made = std::make_unique<pipe>();
    made->read_end = descriptor{ring.world(), ends->first};
    made->write_end = descriptor{ring.world(), ends->second};
    made->capacity_bytes = ring.world().pipe_bytes(ends->second);
    if (made->capacity_bytes < std::min(wanted_bytes, useful_bytes)) return nullptr;
    ++existing;
    return made;
  }

  std::unique_ptr<pipe> take_now() {
    if (!free.empty()) {
      auto taken = std::move(free.back());
      free.pop_back();
      return taken;
    }
    return existing < wanted ? make() : nullptr;
  }

  void give_back(std::unique_ptr<pipe> back) {
    if (back->held_bytes > 0) {
      back.reset();
      --existing;
      back = waiters.empty() ? nullptr : make();
      if (!back) {
        if (existing == 0) refuse_waiters();
        return;
      }
    }
    while (!waiters.empty()) {
      const op_id next = waiters.front();
      waiters.pop_front();
      if (!ring.complete_external(next, 0)) continue;
      handed_on.emplace_back(next, std::move(back));
      return;
    }
    free.push_back(std::move(back));
  }

  /// Nobody is left who could give one back.
  void refuse_waiters() {
    for (const op_id one : waiters) (void)ring.complete_external(one, -EMFILE);
    waiters.clear();
  }

  std::unique_ptr<pipe> claim(op_id id) {
    const auto found =
        std::find_if(handed_on.begin(), handed_on.end(), [id](const auto& entry) { return entry.first == id; });
    WF_CHECK(found != handed_on.end());
    auto claimed = std::move(found->second);
    handed_on.erase(found);
    return claimed;
  }

  /// What a pipe has when nobody asks for more. With less a body moves a page at a time.
  static constexpr std::uint32_t useful_bytes = 64 * 1024;

  ring_context& ring;
  std::size_t wanted;
  std::uint32_t wanted_bytes;
  std::size_t existing{0};
  std::uint32_t smallest_bytes{0};
  std::vector<std::unique_ptr<pipe>> free;
  std::deque<op_id> waiters;
  std::vector<std::pair<op_id, std::unique_ptr<pipe>>> handed_on;  // to waiters that have not resumed yet
};

pipe_pool::pipe_pool(ring_context& context, std::size_t count, std::uint32_t bytes_each)
    : state_(std::make_shared<state>(context, count, bytes_each)) {
  while (state_->existing < count) {
    auto made = state_->make();
    if (!made) break;
    const std::uint32_t bytes = made->capacity_bytes;
    state_->smallest_bytes = state_->existing == 1 ? bytes : std::min(state_->smallest_bytes, bytes);
    state_->free.push_back(std::move(made));
  }
  state_->wanted = state_->existing;
}

pipe_pool::~pipe_pool() {
  WF_CHECK(state_->waiters.empty() && state_->handed_on.empty());
}

task<pipe_lease> pipe_pool::take(deadline until) {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  pipe_lease lease;
  if (cancellation.cancelled() != asio::cancellation_type::none) co_return lease;
  const auto pool = state_;
  lease.pipe_ = pool->take_now();
  if (!lease.pipe_ && pool->existing > 0) {
    op_id id;
    auto ended = suspended_cancellable(pool->ring, [&](auto done) {
      id = pool->ring.start_external(until, std::move(done));
      pool->waiters.push_back(id);
      return id;
    });
    const std::int32_t value = co_await std::move(ended);
    if (value == 0) {
      lease.pipe_ = pool->claim(id);
    } else {
      std::erase(pool->waiters, id);
    }
  }
  lease.home_ = pool;
  co_return lease;
}

std::uint32_t pipe_pool::capacity_bytes() const noexcept {
  return state_->smallest_bytes;
}

std::size_t pipe_pool::count() const noexcept {
  return state_->existing;
}

pipe_lease& pipe_lease::operator=(pipe_lease&& other) noexcept {
  if (this != &other) {
    give_back();
    pipe_ = std::move(other.pipe_);
    home_ = std::move(other.home_);
  }
  return *this;
}

pipe_lease::~pipe_lease() {
  give_back();
}

void pipe_lease::give_back() noexcept {
  if (!pipe_) return;
  // Without its pool the pipe is closed.
  if (const auto home = home_.lock()) home->give_back(std::move(pipe_));
  pipe_.reset();
}

}  // namespace wf::io
