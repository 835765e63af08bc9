#include "support/sim/ring.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace wf::sim {

namespace {

using io::op_kind;

/// Completions handed over at a time, at most: a worker does not see everything that happened at once.
constexpr std::size_t reaped_max = 8;

bool on_network(op_kind kind) noexcept {
  return kind == op_kind::accept || kind == op_kind::recv || kind == op_kind::send || kind == op_kind::poll;
}

bool syncs(op_kind kind) noexcept {
  return kind == op_kind::sync || kind == op_kind::sync_data || kind == op_kind::sync_file_system;
}

bool on_disk(op_kind kind) noexcept {
  return !on_network(kind) && kind != op_kind::nop && kind != op_kind::close && kind != op_kind::shutdown;
}

bool moves_bytes(op_kind kind) noexcept {
  return kind == op_kind::read || kind == op_kind::write || kind == op_kind::write_fixed || kind == op_kind::splice;
}

}  // namespace

std::string_view name_of(op_kind kind) noexcept {
  constexpr std::array<std::string_view, 25> names{
      "nop",      "accept",      "connect",  "recv",        "send",
      "poll",     "shutdown",    "close",    "open",        "make directory",
      "unlink",   "rename",      "link",     "stat",        "read",
      "write",    "write fixed", "sync",     "sync data",   "write back",
      "allocate", "splice",      "truncate", "clone range", "sync file system"};
  const auto index = static_cast<std::size_t>(kind);
  return index < names.size() ? names[index] : "list";
}

void ring_state::keep_registered(std::span<const std::span<std::byte>> buffers) {
  registered_.assign(buffers.begin(), buffers.end());
}

void ring_state::enter(std::optional<steady_time> until) noexcept {
  // A time in the past says "do not wait": whether there is more to do, the turn itself tells.
  until_ = until == steady_time::min() ? std::nullopt : until;
  woken_ = false;
}

bool ring_state::runnable(steady_time now) const noexcept {
  return busy_ || woken_ || !completed_.empty() || (until_ && *until_ <= now);
}

std::size_t ring_state::reap(std::span<io::completion> out) {
  const std::size_t most = std::min(out.size(), completed_.size());
  const std::size_t count = most == 0 ? 0 : owner_.on().all.rng.between(1, std::min(most, reaped_max));
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = completed_.front();
    completed_.pop_front();
  }
  return count;
}

ring_state::pending* ring_state::find(io::op_id id) noexcept {
  const auto found = open_.find(id.slot);
  return found == open_.end() || !(found->second.id == id) ? nullptr : &found->second;
}

void ring_state::complete(io::op_id id, std::int32_t value) {
  world& all = owner_.on().all;
  const auto found = open_.find(id.slot);
  const io::operation& op = *found->second.op;
  all.trace("ring {}: {} {}{} -> {}", number_, name_of(op.kind), op.fd, op.path.empty() ? "" : " " + op.path, value);
  all.stir(static_cast<std::uint64_t>(static_cast<std::uint32_t>(value)) << 8U |
           static_cast<std::uint64_t>(found->second.op->kind));
  open_.erase(found);
  completed_.push_back({id, value, false});
}

std::optional<std::int32_t> ring_state::spontaneous_failure(const io::operation& op) {
  machine& on = owner_.on();
  if (owner_.fail_number != 0 && owner_.operations_started == owner_.fail_number) return owner_.fail_value;
  if (!on_disk(op.kind)) return std::nullopt;
  if (syncs(op.kind)) return std::nullopt;  // decided with the pages
  if (on.all.happens(fault::disk_eio, on.odds.eio)) return -EIO;
  if (op.kind == op_kind::open && on.all.happens(fault::descriptors_exhausted, on.odds.no_descriptors)) return -EMFILE;
  if (moves_bytes(op.kind) && on.all.happens(fault::interrupted, on.odds.interrupted)) return -EINTR;
  return std::nullopt;
}

void ring_state::start(io::op_id id, io::operation& op) {
  world& all = owner_.on().all;
  pending& one = open_[id.slot];
  one = {id, &op, owner_.at(op.fd), false};
  if (owner_.dead()) {
    complete(id, on_network(op.kind) ? -ECANCELED : -EIO);
    return;
  }
  ++owner_.operations_started;
  if (owner_.operation_kinds != nullptr) owner_.operation_kinds->push_back(op.kind);
  if (op.kind == op_kind::nop) {
    complete(id, 0);
    return;
  }
  if (!one.what) {
    all.violate(fmt::format("{} on descriptor {}, which is not open", name_of(op.kind), op.fd));
    complete(id, -EBADF);
    return;
  }
  if (const auto failure = spontaneous_failure(op)) {
    all.trace("ring {}: {} {} is made to fail", number_, name_of(op.kind), op.fd);
    all.after(all.some(1, 500), [self = shared_from_this(), id, value = *failure] {
      if (self->gone_ || self->find(id) == nullptr) return;
      // The descriptor is gone whatever close(2) says.
      self->complete(id, value);
    });
    if (op.kind == op_kind::close) owner_.close(op.fd);
    // What it could not write it forgets.
    if (syncs(op.kind)) {
      ++owner_.on().syncs_failed;
      owner_.on().files.fail_sync(owner_.on().files.begin_sync(one.what->node));
    }
    return;
  }
  if (on_network(op.kind)) {
    begin_network(one);
  } else if (syncs(op.kind)) {
    begin_sync(one);
  } else {
    const bool slow = on_disk(op.kind) && all.happens(fault::disk_slow, owner_.on().odds.slow);
    begin_timed(one, slow ? all.some(50'000, 4'000'000) : all.some(5, 400));
  }
}

void ring_state::begin_timed(pending& one, span_of_time spent) {
  owner_.on().all.after(spent, [self = shared_from_this(), id = one.id] {
    const pending* due = self->gone_ ? nullptr : self->find(id);
    if (due == nullptr || self->owner_.dead()) return;
    const std::int32_t value = self->carry_out(*due);
    self->complete(id, value);
  });
}

void ring_state::begin_sync(pending& one) {
  machine& on = owner_.on();
  const bool everything = one.op->kind == op_kind::sync_file_system;
  auto point =
      std::make_shared<sync_point>(everything ? on.files.begin_sync_all() : on.files.begin_sync(one.what->node));
  const bool fails = on.all.happens(fault::sync_failed, on.odds.sync_fails);
  const bool lies = !fails && on.all.happens(fault::sync_lied, on.odds.sync_lies);
  const bool slow = on.all.happens(fault::disk_slow, on.odds.slow);
  const span_of_time spent = slow ? on.all.some(100'000, 4'000'000) : on.all.some(100, 4'000);
  on.all.after(spent, [self = shared_from_this(), id = one.id, point, fails, lies] {
    if (self->gone_ || self->find(id) == nullptr || self->owner_.dead()) return;
    disk& files = self->owner_.on().files;
    if (fails) ++self->owner_.on().syncs_failed;
    if (fails || lies) {
      files.fail_sync(*point);
    } else {
      files.end_sync(*point);
    }
    self->complete(id, fails ? -EIO : 0);
  });
}

void ring_state::begin_network(pending& one) {
  watch(one.what);
  world& all = owner_.on().all;
  all.after(all.some(1, 60), [self = shared_from_this(), id = one.id] { self->try_network(id); });
}

void ring_state::try_network(io::op_id id) {
  pending* one = gone_ ? nullptr : find(id);
  if (one == nullptr || owner_.dead()) return;
  const auto value = attempt(*one);
  if (value) {
    complete(id, *value);
  } else {
    one->waits_for_news = true;
  }
}

void ring_state::watch(const handle_ref& what) {
  auto look = [self = weak_from_this(), weak = std::weak_ptr<handle>(what)] {
    const auto ring = self.lock();
    const auto one = weak.lock();
    if (ring && one && !ring->gone_) ring->look_again(one);
  };
  if (what->line) what->line->server_news = look;
  if (what->backlog) what->backlog->news = look;
}

void ring_state::look_again(const handle_ref& what) {
  for (auto& [slot, one] : open_) {
    if (one.what != what || !std::exchange(one.waits_for_news, false)) continue;
    world& all = owner_.on().all;
    all.after(all.some(1, 40), [self = shared_from_this(), id = one.id] { self->try_network(id); });
  }
}

std::optional<std::int32_t> ring_state::attempt(const pending& one) {
  machine& on = owner_.on();
  const io::operation& op = *one.op;
  if (op.kind == op_kind::accept) {
    const std::int32_t value = accept(one.what);
    return value == -EAGAIN ? std::nullopt : std::optional{value};
  }
  const link_ref& line = one.what->line;
  if (!line) return -ENOTSOCK;
  if (op.kind == op_kind::poll) {
    std::uint32_t ready = 0;
    if ((op.flags & POLLIN) != 0 && line->readable(line->low_water)) ready |= POLLIN;
    if ((op.flags & POLLOUT) != 0 && (line->reset || line->room_down() > 0)) ready |= POLLOUT;
    if (line->reset) ready |= POLLERR | POLLHUP;
    return ready == 0 ? std::nullopt : std::optional{static_cast<std::int32_t>(ready)};
  }
  auto* const data = static_cast<std::byte*>(op.data);
  if (op.kind == op_kind::recv) {
    const std::int32_t value = take_from_line(on, line, {data, op.size});
    return value == -EAGAIN ? std::nullopt : std::optional{value};
  }
  if (line->reset) return -EPIPE;
  std::size_t size = op.size;
  if (on.all.happens(fault::short_transfer, on.odds.short_transfer)) size = 1 + size / 3;
  const std::size_t sent = on.net.server_sends(line, {reinterpret_cast<const char*>(data), size});
  return sent == 0 ? std::nullopt : std::optional{static_cast<std::int32_t>(sent)};
}

std::int32_t ring_state::accept(const handle_ref& listener) {
  machine& on = owner_.on();
  if (!listener->backlog->open) return -EINVAL;
  if (listener->backlog->waiting.empty()) return -EAGAIN;
  if (on.all.happens(fault::descriptors_exhausted, on.odds.no_descriptors)) return -EMFILE;
  auto made = std::make_shared<handle>();
  made->line = std::move(listener->backlog->waiting.front());
  listener->backlog->waiting.pop_front();
  return owner_.add(std::move(made));
}

void ring_state::cancel(io::op_id id) {
  pending* one = find(id);
  if (one == nullptr) return;
  world& all = owner_.on().all;
  // What the disk has begun it ends; only a wait can be given up, and even that may come too late.
  if (!on_network(one->op->kind)) return;
  all.after(all.some(1, 30), [self = shared_from_this(), id] {
    if (!self->gone_ && self->find(id) != nullptr && !self->owner_.dead()) self->complete(id, -ECANCELED);
  });
}

void ring_state::owner_died() {
  std::vector<io::op_id> ids;
  for (const auto& [slot, one] : open_) ids.push_back(one.id);
  std::ranges::sort(ids, {}, [](io::op_id id) { return id.slot; });
  for (const io::op_id id : ids) complete(id, on_network(find(id)->op->kind) ? -ECANCELED : -EIO);
}

void ring_state::stop_in_flight() {
  world& all = owner_.on().all;
  std::vector<std::uint32_t> slots;
  for (const auto& [slot, one] : open_) slots.push_back(slot);
  std::ranges::sort(slots);
  for (const std::uint32_t slot : slots) {
    const pending& one = open_.at(slot);
    if (!on_disk(one.op->kind) || syncs(one.op->kind) || !one.what || !all.rng.coin()) continue;
    // Values are told to nobody; what was changed is there.
    all.fired(fault::write_in_flight_at_crash);
    if (one.op->kind != op_kind::open && one.op->kind != op_kind::list) static_cast<void>(carry_out(one));
  }
}

}  // namespace wf::sim
