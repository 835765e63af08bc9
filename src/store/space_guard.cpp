#include "waveforge/store/space_guard.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wf::store {

namespace {
/// statfs costs a microsecond, but a disk does not fill by a floor's width in a tenth of a second.
constexpr std::int64_t fresh_ns = 100'000'000;
}  // namespace

space_guard::space_guard(const environment& world, const free_floor& floor, const io::directory& root) noexcept
    : world_(world), floor_(floor), root_(root) {}

result<void> space_guard::room_for(std::uint64_t bytes) noexcept {
  const std::int64_t now = world_.time.now().time_since_epoch().count();
  if (total_bytes_.load(std::memory_order_relaxed) == 0 ||
      now - checked_at_ns_.load(std::memory_order_relaxed) > fresh_ns) {
    const auto space = root_.free_space();
    if (!space) return {};  // whoever writes will be told by the disk itself
    available_bytes_.store(space->available_bytes, std::memory_order_relaxed);
    total_bytes_.store(space->total_bytes, std::memory_order_relaxed);
    checked_at_ns_.store(now, std::memory_order_relaxed);
  }
  const std::uint64_t available = available_bytes_.load(std::memory_order_relaxed);
  const std::uint64_t total = total_bytes_.load(std::memory_order_relaxed);
  const auto share = static_cast<std::uint64_t>(static_cast<double>(total) * floor_.fraction);
  const std::uint64_t floor = std::max(share, floor_.bytes);
  if (available >= floor && available - floor >= bytes) return {};
  return fail(errc::no_space,
              fmt::format("the disk has {} bytes free and {} must stay free; what is stored stays readable, "
                          "try again when there is room",
                          available, floor));
}

}  // namespace wf::store
