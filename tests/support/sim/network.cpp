#include "support/sim/network.hpp"

#include <algorithm>

namespace wf::sim {

std::shared_ptr<network::backlog> network::listen() {
  return listeners_.emplace_back(std::make_shared<backlog>());
}

void network::stop_listening(const std::shared_ptr<backlog>& one) {
  if (!std::exchange(one->open, false)) return;
  for (const link_ref& nobody : one->waiting) reset(nobody);
  one->waiting.clear();
  std::erase(listeners_, one);
}

line_quality network::draw_quality() {
  line_quality drawn;
  drawn.latency_us = static_cast<std::uint32_t>(world_.rng.between(20, 2'000));
  drawn.step_bytes = static_cast<std::uint32_t>(world_.rng.between(512, 32'768));
  // Near the beginning most of what can be disturbed happens; a few go on for long.
  const auto somewhere = [&] { return world_.rng.between(1, world_.rng.coin() ? 600 : 60'000); };
  if (world_.happens(fault::connection_cut, odds.cut)) {
    (world_.rng.coin() ? drawn.cut_up_at : drawn.cut_down_at) = somewhere();
  }
  if (world_.happens(fault::connection_stalled, odds.stall)) {
    drawn.stall_at = somewhere();
    drawn.stall = world_.some(100'000, world_.rng.coin() ? 5'000'000 : 90'000'000);
  }
  if (world_.happens(fault::connection_half_open, odds.half_open)) drawn.silent_at = somewhere();
  if (world_.happens(fault::tiny_window, odds.tiny_window)) {
    drawn.window_bytes = static_cast<std::uint32_t>(world_.rng.between(64, 2'000));
    drawn.step_bytes = static_cast<std::uint32_t>(world_.rng.between(16, 400));
  }
  return drawn;
}

link_ref network::connect() {
  if (listeners_.empty()) {
    world_.fired(fault::refused);
    return nullptr;
  }
  // As SO_REUSEPORT does: any of them.
  const auto& chosen = listeners_[static_cast<std::size_t>(world_.rng.below(listeners_.size()))];
  auto made = std::make_shared<link>();
  made->quality = draw_quality();
  made->number = ++numbered_;
  links_.push_back(made);
  chosen->waiting.push_back(made);
  tell(chosen->news);
  return made;
}

void network::tell(unique_function<void()>& who) {
  if (who) who();
}

span_of_time network::delay(link& on, std::uint64_t total, std::uint64_t next) {
  span_of_time spent = world_.some(on.quality.latency_us / 2, on.quality.latency_us);
  if (total < on.quality.stall_at && total + next >= on.quality.stall_at) {
    spent += on.quality.stall;
    on.quality.stall_at = ~std::uint64_t{0};
  }
  if (total + next >= on.quality.silent_at) on.silent = true;
  return spent;
}

void network::pump_up(const link_ref& on) {
  if (on->pumping_up || on->reset || on->silent) return;
  const bool bytes = !on->up_sent.empty() && on->up_arrived.size() < on->quality.window_bytes;
  if (!bytes && !(on->up_sent.empty() && on->up_finished && !on->up_fin_seen)) return;
  const std::size_t next = std::min<std::size_t>(on->up_sent.size(), on->quality.step_bytes);
  const span_of_time spent = delay(*on, on->up_total, next);
  if (on->silent) return;
  on->pumping_up = true;
  world_.after(spent, [this, on] {
    on->pumping_up = false;
    arrive_up(on);
  });
}

void network::arrive_up(const link_ref& on) {
  if (on->reset || on->silent) return;
  const std::size_t room =
      on->quality.window_bytes - std::min<std::size_t>(on->quality.window_bytes, on->up_arrived.size());
  std::size_t count = std::min({on->up_sent.size(), room, static_cast<std::size_t>(on->quality.step_bytes)});
  const bool cut = on->up_total + count >= on->quality.cut_up_at;
  if (cut) count = static_cast<std::size_t>(on->quality.cut_up_at - on->up_total);
  if (on->server_closed && count > 0) {
    // Nobody reads it: the answer is a reset.
    reset(on);
    return;
  }
  on->up_arrived.add(on->up_sent.front(count));
  on->up_sent.drop(count);
  on->up_total += count;
  if (cut) {
    world_.trace("line {}: cut after {} bytes of the client", on->number, on->up_total);
    tell(on->server_news);
    reset(on);
    return;
  }
  if (on->up_sent.empty() && on->up_finished) on->up_fin_seen = true;
  tell(on->server_news);
  pump_up(on);
}

void network::pump_down(const link_ref& on) {
  if (on->pumping_down || on->reset || on->silent) return;
  if (on->down_sent.empty() && !(on->down_finished && !on->down_fin_seen)) return;
  const std::size_t next = std::min<std::size_t>(on->down_sent.size(), on->quality.step_bytes);
  const span_of_time spent = delay(*on, on->down_total, next);
  if (on->silent) return;
  on->pumping_down = true;
  world_.after(spent, [this, on] {
    on->pumping_down = false;
    arrive_down(on);
  });
}

void network::arrive_down(const link_ref& on) {
  if (on->reset || on->silent) return;
  std::size_t count = std::min(on->down_sent.size(), static_cast<std::size_t>(on->quality.step_bytes));
  const bool cut = on->down_total + count >= on->quality.cut_down_at;
  if (cut) count = static_cast<std::size_t>(on->quality.cut_down_at - on->down_total);
  on->down_arrived.add(on->down_sent.front(count));
  on->down_sent.drop(count);
  on->down_total += count;
  if (cut) {
    world_.trace("line {}: cut after {} bytes of the server", on->number, on->down_total);
    world_.fired(fault::answer_lost);
    reset(on);
    return;
  }
  if (on->down_sent.empty() && on->down_finished) on->down_fin_seen = true;
  tell(on->server_news);  // room
  tell(on->client_news);
  pump_down(on);
}

void network::client_sends(const link_ref& on, std::string_view bytes) {
  on->up_sent.add(bytes);
  pump_up(on);
}

void network::client_finishes(const link_ref& on) {
  on->up_finished = true;
  pump_up(on);
}

void network::client_closes(const link_ref& on, bool politely) {
  on->client_closed = true;
  on->client_news = {};
  if (!politely) {
    on->silent = true;
    return;
  }
  // Bytes that nobody will read any more are answered with a reset.
  if (!on->down_arrived.empty() || !on->down_sent.empty()) {
    reset(on);
  } else {
    client_finishes(on);
  }
}

std::size_t network::server_sends(const link_ref& on, std::string_view bytes) {
  const std::size_t count = std::min(bytes.size(), on->room_down());
  on->down_sent.add(bytes.substr(0, count));
  pump_down(on);
  return count;
}

void network::server_finishes(const link_ref& on) {
  on->down_finished = true;
  pump_down(on);
}

void network::server_closes(const link_ref& on) {
  on->server_closed = true;
  on->server_news = {};
  if (!on->up_arrived.empty()) {
    reset(on);
  } else {
    server_finishes(on);
  }
}

void network::server_took(const link_ref& on) {
  pump_up(on);
}

void network::reset(const link_ref& on) {
  if (on->reset) return;
  on->reset = true;
  // What is under way is lost, what has arrived may be.
  on->up_sent.clear();
  on->down_sent.clear();
  if (world_.rng.coin()) on->up_arrived.clear();
  tell(on->server_news);
  tell(on->client_news);
}

void network::forget_server() {
  for (const auto& one : std::exchange(listeners_, {})) one->open = false;
  for (const auto& weak : std::exchange(links_, {})) {
    const link_ref on = weak.lock();
    if (!on) continue;
    on->server_news = {};
    if (!on->server_closed) reset(on);
  }
}

}  // namespace wf::sim
