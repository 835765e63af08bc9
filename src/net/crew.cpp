#include "waveforge/net/crew.hpp"

#include <utility>

namespace wf::net {

bool crew::admit() noexcept {
  if (open_.fetch_add(1, std::memory_order_relaxed) < connections_max_) return true;
  open_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void crew::dismiss(service& from) noexcept {
  from.ring().load.fetch_sub(1, std::memory_order_relaxed);
  open_.fetch_sub(1, std::memory_order_relaxed);
}

void crew::place(service& here, arrival from) {
  service* chosen = &here;
  std::int64_t least = here.ring().load.load(std::memory_order_relaxed);
  for (service* member : members_) {
    const std::int64_t load = member->ring().load.load(std::memory_order_relaxed);
    if (load < least) {
      least = load;
      chosen = member;
    }
  }
  // Counted here and not on arrival: a burst is spread before the first of it has arrived anywhere.
  chosen->ring().load.fetch_add(1, std::memory_order_relaxed);
  if (chosen == &here) {
    here.adopt(std::move(from));
    return;
  }
  chosen->ring().post([chosen, moved = std::move(from)]() mutable { chosen->adopt(std::move(moved)); });
}

}  // namespace wf::net
