#include "support/sim/plan.hpp"

#include <algorithm>
#include <charconv>

namespace wf::sim {

namespace {

constexpr std::string_view all_faults = "faults";

/// Every part under its name. `Plan` is a plan or a const one; `each(name, reference, least)`.
template <typename Plan, typename Each>
void for_each_part(Plan& of, const Each& each) {
  each("workers", of.workers, 1);
  each("sessions", of.sessions, 1);
  each("lanes", of.lanes, 1);
  each("chunks", of.chunks_max, 1);
  each("chunk_bytes", of.chunk_bytes_max, 1);
  each("visitors", of.visitors, 0);
  each("visits", of.visits, 1);
  each("requests", of.requests_least, 0);
  each("kills", of.kills, 0);
  each("crashes", of.crashes, 0);
  each("clean_stops", of.clean_stops, 0);
  each("cancel", of.cancel_parts, 0);
  each("fallback", of.fallback_parts, 0);
  each("plain", of.plain_parts, 0);
  each("delete", of.delete_parts, 0);
  each("checksum", of.checksum_parts, 0);
  each("defer", of.defer_parts, 0);
  each("range", of.range_parts, 0);
  each("name", of.name_parts, 0);
  each("leave", of.leave_parts, 0);
  each("expire", of.expire_seconds, 0);
  each("abandon", of.abandon_parts, 0);
  each("fan_out", of.fan_out, 0);
  each("eio", of.disk_odds.eio, 0);
  each("sync_fails", of.disk_odds.sync_fails, 0);
  each("sync_lies", of.disk_odds.sync_lies, 0);
  each("short", of.disk_odds.short_transfer, 0);
  each("eintr", of.disk_odds.interrupted, 0);
  each("emfile", of.disk_odds.no_descriptors, 0);
  each("slow", of.disk_odds.slow, 0);
  each("cut", of.net_odds.cut, 0);
  each("stall", of.net_odds.stall, 0);
  each("half_open", of.net_odds.half_open, 0);
  each("tiny", of.net_odds.tiny_window, 0);
  each("facts", of.facts_failure_parts, 0);
  each("worker_stall", of.stall_parts, 0);
}

bool is_fault(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 13> faults{"eio",    "sync_fails", "sync_lies",   "short", "eintr",
                                                    "emfile", "slow",       "cut",         "stall", "half_open",
                                                    "tiny",   "facts",      "worker_stall"};
  return std::ranges::find(faults, name) != faults.end();
}

/// One of the levels, most often the default.
store::durability draw_level(dice& rng) {
  switch (rng.below(6)) {
    case 0: return store::durability::none;
    case 1: return store::durability::patch;
    default: return store::durability::chunk;
  }
}

void draw_faults(plan& of, dice& rng) {
  // Each kind in its own share of the histories, so that they are seen alone and together.
  const auto now_and_then = [&](std::uint64_t share, std::uint64_t most) {
    return rng.chance(share) ? rng.between(1, most) : 0;
  };
  of.net_odds.cut = now_and_then(700'000, 250'000);
  of.net_odds.stall = now_and_then(300'000, 60'000);
  of.net_odds.half_open = now_and_then(300'000, 40'000);
  of.net_odds.tiny_window = now_and_then(300'000, 100'000);
  of.disk_odds.short_transfer = now_and_then(500'000, 100'000);
  of.disk_odds.interrupted = now_and_then(300'000, 30'000);
  of.disk_odds.slow = now_and_then(300'000, 10'000);
  of.disk_odds.eio = now_and_then(150'000, 4'000);
  of.disk_odds.sync_fails = now_and_then(60'000, 10'000);
  of.disk_odds.sync_lies = now_and_then(20'000, 20'000);
  of.disk_odds.no_descriptors = now_and_then(150'000, 10'000);
  of.facts_failure_parts = now_and_then(40'000, 8'000);
  of.stall_parts = now_and_then(300'000, 1'000);
  of.disk_fills = rng.chance(100'000);
}

}  // namespace

plan plan::draw(std::uint64_t seed) {
  dice rng{seed * 2 + 1};
  plan drawn;
  drawn.seed = seed;
  drawn.workers = static_cast<unsigned>(rng.between(1, 3));
  drawn.level = draw_level(rng);
  drawn.place = rng.chance(200'000) ? store::layout::files : store::layout::automatic;
  if (rng.chance(600'000)) drawn.mode = static_cast<store::write_mode>(rng.below(4));
  drawn.fan_out = rng.chance(200'000) ? 2 : 0;
  drawn.reflink = rng.coin();
  drawn.direct_io = !rng.chance(150'000);
  draw_faults(drawn, rng);
  drawn.kills = static_cast<unsigned>(rng.below(3));
  drawn.crashes = static_cast<unsigned>(rng.between(1, 2));
  drawn.clean_stops = static_cast<unsigned>(rng.below(2));
  drawn.sessions = static_cast<unsigned>(rng.between(3, 4));
  drawn.chunks_max = static_cast<unsigned>(rng.between(3, 8));
  // Large ones are written past the page cache; they cost, so they are few.
  drawn.chunk_bytes_max = rng.chance(120'000) ? 160'000 : rng.between(1, 16'000);
  if (drawn.chunk_bytes_max > 100'000) drawn.chunks_max = std::min(drawn.chunks_max, 4U);
  drawn.lanes = static_cast<unsigned>(rng.between(1, 3));
  drawn.visitors = static_cast<unsigned>(rng.between(3, 5));
  drawn.visits = static_cast<unsigned>(rng.between(40, 60));
  drawn.cancel_parts = rng.chance(400'000) ? 300'000 : 0;
  drawn.fallback_parts = rng.chance(500'000) ? rng.between(1, 500'000) : 0;
  drawn.plain_parts = rng.chance(400'000) ? 300'000 : 0;
  drawn.delete_parts = rng.chance(300'000) ? 100'000 : 0;
  drawn.checksum_parts = rng.chance(300'000) ? 300'000 : 0;
  drawn.defer_parts = rng.chance(200'000) ? 300'000 : 0;
  drawn.range_parts = rng.coin() ? 500'000 : 0;
  if (rng.chance(200'000)) {
    drawn.expire_seconds = rng.between(60, 300);
    drawn.abandon_parts = 400'000;
  }
  drawn.name_parts = rng.coin() ? 500'000 : 0;
  drawn.leave_parts = rng.chance(300'000) ? 500'000 : 0;
  return drawn;
}

bool plan::change(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = one.find('=');
    if (equals == one.npos) return false;
    const std::string_view name = one.substr(0, equals);
    std::uint64_t value = 0;
    std::from_chars(one.data() + equals + 1, one.data() + one.size(), value);
    bool found = false;
    for_each_part(*this, [&](std::string_view at, auto& part, std::uint64_t) {
      if (at != name && !(name == all_faults && is_fault(at))) return;
      part = static_cast<std::remove_reference_t<decltype(part)>>(value);
      found = true;
    });
    if (name == "disk_fills" || name == all_faults) {
      disk_fills = value != 0;
      found = true;
    }
    if (name == "salt") {
      salt = value;
      found = true;
    }
    if (name == "level") {
      level = static_cast<store::durability>(value);
      found = true;
    }
    if (!found) return false;
  }
  return true;
}

std::string plan::describe() const {
  std::string text = fmt::format("seed {}: durability {}, layout {}, mode {}, reflink {}, direct {}, disk_fills {}",
                                 seed, store::name_of(level), place == store::layout::files ? "files" : "automatic",
                                 static_cast<int>(mode), reflink, direct_io, disk_fills);
  for_each_part(*this, [&](std::string_view name, const auto& value, std::uint64_t) {
    if (value != 0) text += fmt::format(" {}={}", name, value);
  });
  return text;
}

std::string plan::changes() const {
  std::string text = fmt::format("salt={}", salt);
  for (const plan_part& one : parts_of(*this)) text += fmt::format(",{}={}", one.name, one.value);
  return text;
}

std::vector<plan_part> parts_of(const plan& from) {
  std::vector<plan_part> parts;
  for_each_part(from, [&](std::string_view name, const auto& value, std::uint64_t least) {
    parts.push_back({name, value, least});
  });
  parts.push_back({"disk_fills", from.disk_fills ? 1U : 0U, 0});
  return parts;
}

}  // namespace wf::sim
