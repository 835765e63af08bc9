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
  return judge(bytes, 0);
}

result<void> space_guard::room_to_create(std::uint64_t bytes) noexcept {
  return judge(bytes, reserved_bytes());
}

bool space_guard::look() noexcept {
  const std::int64_t now = world_.time.now().time_since_epoch().count();
  if (total_bytes_.load(std::memory_order_relaxed) != 0 &&
      now - checked_at_ns_.load(std::memory_order_relaxed) <= fresh_ns) {
    return true;
  }
  const auto space = root_.free_space();
  if (!space) return false;
  available_bytes_.store(space->available_bytes, std::memory_order_relaxed);
  total_bytes_.store(space->total_bytes, std::memory_order_relaxed);
  checked_at_ns_.store(now, std::memory_order_relaxed);
  return true;
}

std::uint64_t space_guard::floor_bytes() noexcept {
  (void)look();
  const auto total = static_cast<double>(total_bytes_.load(std::memory_order_relaxed));
  return std::max(static_cast<std::uint64_t>(total * floor_.fraction), floor_.bytes);
}

result<void> space_guard::judge(std::uint64_t bytes, std::uint64_t reserved) noexcept {
  if (!look()) return {};  // whoever writes will be told by the disk itself
  const std::uint64_t available = available_bytes_.load(std::memory_order_relaxed);
  const std::uint64_t floor = floor_bytes();
  const std::uint64_t left = available > floor ? available - floor : 0;
  if (available >= floor && left >= bytes && left - bytes >= reserved) return {};
  return fail(
      errc::no_space,
      fmt::format("the disk has {} bytes free, {} must stay free and {} are promised to uploads that have begun; "
                  "what is stored stays readable, try again when there is room",
                  available, floor, reserved));
}

void space_guard::share::add(space_guard& guard, std::uint64_t bytes) noexcept {
  guard_ = &guard;
  bytes_ += bytes;
  guard.reserved_.fetch_add(bytes, std::memory_order_relaxed);
}

void space_guard::share::take(std::uint64_t bytes) noexcept {
  bytes = std::min(bytes, bytes_);
  if (bytes == 0) return;
  bytes_ -= bytes;
  guard_->reserved_.fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace wf::store
