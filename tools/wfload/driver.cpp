#include "wfload/driver.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <utility>

namespace wf::load {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t scratch_bytes = 256U * 1024U;
constexpr auto rest_after_failure = 100ms;
// So many failures say all there is to say; the run ends early.
constexpr std::uint64_t failures_max = 1'000;

std::chrono::nanoseconds seconds(double value) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(value));
}

}  // namespace

driver::driver(const options& how, const target& to, const payload& from, workload& work, share mine, live_counts& live,
               const std::atomic<bool>& stop)
    : how_{how}, to_{to}, from_{from}, work_{work}, mine_{mine}, live_{live}, stop_{stop}, scratch_(scratch_bytes) {
  slots_.reserve(mine_.connections);
  for (std::uint32_t at = 0; at < mine_.connections; ++at) {
    slots_.push_back(slot{connection{to_, from_, how_.slow_bytes_per_s}});
    idle_.push_back(mine_.connections - 1 - at);
  }
}

driver::~driver() {
  if (epoll_ >= 0) ::close(epoll_);
}

bool driver::in_window(instant now) const noexcept {
  return how_.duration_s <= 0 || now < window_end_;
}

instant driver::arrival(std::uint64_t number) const noexcept {
  return start_ + seconds(static_cast<double>(number) / mine_.rate);
}

std::uint64_t driver::arrivals_due(instant now) const noexcept {
  if (how_.duration_s > 0) now = std::min(now, window_end_);
  return 1 + static_cast<std::uint64_t>(std::chrono::duration<double>(now - start_).count() * mine_.rate);
}

result<void> driver::run(instant start, phase which) {
  phase_ = which;
  arrivals_taken_ = 0;
  start_ = start;
  window_end_ = start + seconds(how_.duration_s);
  next_check_ = start + 1s;
  if (epoll_ < 0) epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return fail(os_error(errno, "make an epoll"));
  std::array<epoll_event, 256> events{};
  for (;;) {
    instant now = std::chrono::steady_clock::now();
    run_timers(now);
    hand_out(now);
    if (all_done(now)) return {};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms(now));
    if (count < 0 && errno != EINTR) return fail(os_error(errno, "wait for sockets"));
    now = std::chrono::steady_clock::now();
    for (int at = 0; at < count; ++at) {
      const auto index = static_cast<std::uint32_t>(events[static_cast<std::size_t>(at)].data.u64);
      const std::uint32_t what = events[static_cast<std::size_t>(at)].events;
      slot& one = slots_[index];
      const bool was_busy = one.link.busy();
      auto state = connection::progress::waiting;
      if ((what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        state = one.link.read(scratch_, (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
      }
      if (state == connection::progress::waiting && (what & EPOLLOUT) != 0) state = one.link.write(now);
      if (was_busy) after(index, state, now);
    }
    if (now >= next_check_) check_deadlines(now);
  }
}

bool driver::stopping() const noexcept {
  return stop_ || live_.failures.load(std::memory_order_relaxed) >= failures_max;
}

// Asked after hand_out(): with every connection free, the closed loop has nothing left to hand out. The open loop may
// only be between two arrivals.
bool driver::all_done(instant now) const {
  if (idle_.size() != slots_.size()) return false;
  if (phase_ == phase::check) return !work_.checks_left() || stopping();
  if (!work_.idle()) return false;
  return mine_.rate <= 0 || !in_window(now) || work_.exhausted() || stopping();
}

int driver::wait_ms(instant now) const {
  auto wait = std::chrono::duration_cast<std::chrono::nanoseconds>(std::max<instant::duration>(next_check_ - now, 0ns));
  if (!timers_.empty()) wait = std::min<std::chrono::nanoseconds>(wait, timers_.top().at - now);
  const bool punctual = mine_.rate > 0 && !idle_.empty() && in_window(arrival(arrivals_taken_)) && !work_.exhausted();
  if (punctual) wait = std::min<std::chrono::nanoseconds>(wait, arrival(arrivals_taken_) - now);
  // Rounded up, or the loop would spin through the last millisecond; arrivals take the spin, for their punctuality.
  const auto ms = punctual ? wait / 1ms : (wait + 999'999ns) / 1ms;
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 1000));
}

void driver::hand_out(instant now) {
  while (!idle_.empty()) {
    const std::uint32_t index = idle_.back();
    if (!give_job(index, now)) return;
  }
}

bool driver::give_job(std::uint32_t index, instant now) {
  slot& one = slots_[index];
  one.job_began = now;
  if (phase_ == phase::check) {
    one.work = stopping() ? nullptr : work_.take_check();
    if (!one.work) return false;
    idle_.pop_back();
    follow(index, one.work->next(nullptr), now);
    return true;
  }
  const bool more = in_window(now) && !stopping();
  one.work = work_.take_finish();
  one.counts = in_window(now);
  if (!one.work && mine_.rate > 0 && arrivals_taken_ < arrivals_due(now) && !stopping()) {
    one.work = work_.take_chunk(workload::growth::grow);
    if (one.work) {
      one.job_began = arrival(arrivals_taken_++);
      one.counts = true;
      if (now - one.job_began > 1ms) ++seen_.arrivals_late;
    }
  }
  // Outside the schedule: closed loop, or the chunks that are left of open recordings after the schedule's end.
  if (!one.work && (mine_.rate <= 0 || !more)) {
    one.work = work_.take_chunk(more ? workload::growth::keep : workload::growth::close);
    if (mine_.rate > 0) one.counts = false;
  }
  if (!one.work) return false;
  idle_.pop_back();
  if (one.work->unit() == kind::chunk) {
    recording_began_.try_emplace(one.work->recording_number(), one.job_began, one.counts);
  }
  follow(index, one.work->next(nullptr), now);
  return true;
}

void driver::follow(std::uint32_t index, step what, instant now) {
  if (auto* send = std::get_if<exchange>(&what)) {
    begin(index, std::move(*send), now);
  } else if (const auto* wait = std::get_if<pause>(&what)) {
    slots_[index].paused = true;
    set_timer(index, now + wait->for_ms);
  } else if (const auto* failure = std::get_if<failed>(&what)) {
    seen_.fail(failure->why);
    live_.failures.fetch_add(1, std::memory_order_relaxed);
    end_job(index, false, now);
  } else {
    end_job(index, true, now);
  }
}

void driver::begin(std::uint32_t index, exchange what, instant now) {
  slot& one = slots_[index];
  const bool first = what.which == kind::create || what.which == kind::put;
  one.sent = first ? std::min(one.job_began, now) : now;
  one.link.start(std::move(what), now);
  if (!one.link.is_open()) {
    ++seen_.connects;
    if (const auto opened = one.link.open(epoll_, index); !opened) {
      one.link.give_up(opened.error().detail);
      after(index, connection::progress::over, now);
      return;
    }
  }
  after(index, one.link.write(now), now);
}

void driver::after(std::uint32_t index, connection::progress state, instant now) {
  slot& one = slots_[index];
  if (state == connection::progress::waiting) {
    if (const auto resume = one.link.resume_at()) set_timer(index, *resume);
    return;
  }
  const answer& last = one.link.last();
  if (last.status != 0 && one.counts) {
    seen_.latency[static_cast<std::size_t>(one.link.last_kind())].record(now - one.sent);
  }
  if (one.link.last_kind() == kind::read && last.status == 200) seen_.bytes_compared += last.body_bytes;
  step next = one.work->next(&last);
  if (const std::uint64_t bytes = one.work->take_acknowledged_bytes(); bytes != 0) {
    seen_.bytes_acknowledged += bytes;
    if (in_window(now)) seen_.bytes_acknowledged_in_window += bytes;
    live_.bytes_acknowledged.fetch_add(bytes, std::memory_order_relaxed);
  }
  follow(index, std::move(next), now);
}

void driver::end_job(std::uint32_t index, bool well, instant now) {
  slot& one = slots_[index];
  const std::unique_ptr<job> work = std::exchange(one.work, nullptr);
  seen_.retries += work->retries();
  if (well && work->unit() == kind::chunk) {
    ++seen_.chunks;
    live_.chunks.fetch_add(1, std::memory_order_relaxed);
    if (one.counts) seen_.latency[static_cast<std::size_t>(kind::chunk)].record(now - one.job_began);
  }
  if (work_.verifies_recording(*work)) ++seen_.recordings_verified;
  const auto ended = work_.ended(*work, well);
  if (ended == workload::outcome::recording_done) {
    ++seen_.recordings;
    live_.recordings.fetch_add(1, std::memory_order_relaxed);
  }
  if (ended == workload::outcome::recording_done || (!well && work->unit() == kind::recording)) {
    const auto began = recording_began_.find(work->recording_number());
    if (began != recording_began_.end()) {
      if (well && began->second.second) {
        seen_.latency[static_cast<std::size_t>(kind::recording)].record(now - began->second.first);
      }
      recording_began_.erase(began);
    }
  }
  if (well) {
    idle_.push_back(index);
  } else {
    one.resting = true;
    set_timer(index, now + rest_after_failure);
  }
}

void driver::set_timer(std::uint32_t index, instant at) {
  timers_.push(timer{at, index, ++slots_[index].wait});
}

void driver::run_timers(instant now) {
  while (!timers_.empty() && timers_.top().at <= now) {
    const timer due = timers_.top();
    timers_.pop();
    slot& one = slots_[due.index];
    if (one.wait != due.wait) continue;
    if (std::exchange(one.resting, false)) {
      idle_.push_back(due.index);
    } else if (!one.work) {
      continue;
    } else if (std::exchange(one.paused, false)) {
      follow(due.index, one.work->next(nullptr), now);
    } else if (one.link.busy()) {
      after(due.index, one.link.write(now), now);
    }
  }
}

void driver::check_deadlines(instant now) {
  next_check_ = now + 1s;
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    slot& one = slots_[index];
    if (!one.link.busy() || now - one.link.moved_at() < seconds(how_.timeout_s)) continue;
    one.link.give_up(fmt::format("no progress for {} s", how_.timeout_s));
    after(index, connection::progress::over, now);
  }
}

}  // namespace wf::load
