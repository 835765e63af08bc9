#include "waveforge/store/ballast.hpp"

#include <algorithm>

#include "waveforge/base/limits.hpp"

namespace wf::store {

namespace {

constexpr std::string_view name = ".ballast";
/// On a small disk the ballast may be this share of it at most.
constexpr std::uint64_t share_of_disk = 64;

}  // namespace

io::task<void> ballast::lay_in(std::uint64_t floor_bytes) {
  if (there_) co_return;
  const auto space = root_.free_space();
  if (!space) co_return;
  const std::uint64_t size = std::min(limits::ballast_bytes, space->total_bytes / share_of_disk);
  const gate::pass turn = co_await changing_.enter();
  const auto found = co_await root_.status(name);
  const bool whole = found && found->size_bytes >= size;
  if (!whole && (size == 0 || space->available_bytes < floor_bytes + 2 * size)) co_return;
  if (!whole) {
    auto file = co_await root_.open_file(name, io::open_mode::create);
    if (!file) co_return;
    // Where blocks cannot be reserved there is nothing to give up, and an empty file is no help.
    if (const auto reserved = co_await file->allocate(0, size); !reserved) {
      (void)co_await root_.unlink(name);
      co_return;
    }
  }
  there_ = true;
}

io::task<bool> ballast::give_up() {
  if (!there_) co_return false;
  const gate::pass turn = co_await changing_.enter();
  if (!there_.exchange(false)) co_return false;
  const auto removed = co_await root_.unlink(name);
  world_.log.warn("the disk is full: the ballast was given up, so that deleting and finishing go on", {});
  co_return removed.has_value();
}

}  // namespace wf::store
