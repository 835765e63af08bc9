#include "support/sim/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wf::sim {

namespace {

/// Instead of the number of names, from the crash until its node comes up.
constexpr std::uint32_t met_in_crash = ~std::uint32_t{0};

std::size_t pages_for(std::uint64_t bytes) noexcept {
  return static_cast<std::size_t>((bytes + disk::page_bytes - 1) / disk::page_bytes);
}

/// The part of page `index` that lies below `size`.
std::size_t bytes_in_page(std::size_t index, std::size_t size) noexcept {
  const std::size_t begin = index * disk::page_bytes;
  return begin >= size ? 0 : std::min(disk::page_bytes, size - begin);
}

void copy_page(std::vector<std::byte>& into, std::size_t index, std::span<const std::byte> from) {
  const std::size_t count = std::min(bytes_in_page(index, into.size()), from.size());
  if (count > 0) std::memcpy(into.data() + index * disk::page_bytes, from.data(), count);
}

}  // namespace

disk::disk(world& in, std::uint64_t capacity_bytes)
    : world_(in),
      root_(std::make_shared<node>()),
      capacity_pages_(capacity_bytes / page_bytes),
      limit_pages_(capacity_pages_) {
  root_->directory = true;
  root_->names = 1;
}

node_ref disk::find(const node_ref& from, std::string_view path) {
  node_ref at = from;
  while (!path.empty() && at) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (!at->directory) return nullptr;
    const auto found = at->entries.find(name);
    at = found == at->entries.end() ? nullptr : found->second;
  }
  return at;
}

int disk::make(const node_ref& parent, std::string_view name, bool directory, node_ref& made) {
  if (squeezed_ && used_pages_ >= limit_pages_) return -ENOSPC;
  made = std::make_shared<node>();
  made->directory = directory;
  made->number = ++nodes_made_;
  made->names = 1;
  parent->entries[std::string{name}] = made;
  pending_.push_back({++stamp_, parent, std::string{name}, made, nullptr, {}});
  return 0;
}

int disk::unlink(const node_ref& parent, std::string_view name, bool directory) {
  const auto found = parent->entries.find(name);
  if (found == parent->entries.end()) return -ENOENT;
  const node_ref gone = found->second;
  if (directory != gone->directory) return directory ? -ENOTDIR : -EISDIR;
  if (directory && !gone->entries.empty()) return -ENOTEMPTY;
  parent->entries.erase(found);
  pending_.push_back({++stamp_, nullptr, {}, nullptr, parent, std::string{name}});
  --gone->names;
  release(*gone);
  return 0;
}

int disk::rename(const node_ref& from, std::string_view name, const node_ref& to, std::string_view to_name) {
  const auto found = from->entries.find(name);
  if (found == from->entries.end()) return -ENOENT;
  const node_ref moved = found->second;
  node_ref& target = to->entries[std::string{to_name}];
  if (target == moved) return 0;
  if (target) {
    if (target->directory && !target->entries.empty()) return -ENOTEMPTY;
    --target->names;
    release(*target);
  }
  target = moved;
  from->entries.erase(std::string{name});
  pending_.push_back({++stamp_, to, std::string{to_name}, moved, from, std::string{name}});
  return 0;
}

int disk::link(const node_ref& from, std::string_view name, const node_ref& to, std::string_view to_name) {
  const auto found = from->entries.find(name);
  if (found == from->entries.end()) return -ENOENT;
  const node_ref one = found->second;
  if (one->directory) return -EPERM;
  if (to->entries.contains(to_name)) return -EEXIST;
  if (squeezed_ && used_pages_ >= limit_pages_) return -ENOSPC;
  to->entries[std::string{to_name}] = one;
  ++one->names;
  pending_.push_back({++stamp_, to, std::string{to_name}, one, nullptr, {}});
  return 0;
}

std::int32_t disk::read(const node& from, std::span<std::byte> into, std::uint64_t offset) const {
  if (offset >= from.now.size()) return 0;
  const std::size_t count = std::min<std::size_t>(into.size(), from.now.size() - static_cast<std::size_t>(offset));
  std::memcpy(into.data(), from.now.data() + offset, count);
  return static_cast<std::int32_t>(count);
}

bool disk::reserve_page(node& of, std::size_t index) {
  if (index >= of.pages.size()) of.pages.resize(index + 1);
  if (of.pages[index].allocated) return true;
  if (used_pages_ >= limit_pages_) return false;
  of.pages[index].allocated = true;
  ++used_pages_;
  return true;
}

void disk::release(node& one) noexcept {
  if (one.names > 0 || one.opens > 0) return;
  for (auto& page : one.pages) {
    if (std::exchange(page.allocated, false)) --used_pages_;
  }
}

void disk::closed(node& one) noexcept {
  --one.opens;
  release(one);
}

void disk::touch(node& one, std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  ++stamp_;
  const std::size_t last = static_cast<std::size_t>((offset + length - 1) / page_bytes);
  if (last >= one.pages.size()) one.pages.resize(last + 1);
  for (std::size_t at = static_cast<std::size_t>(offset / page_bytes); at <= last; ++at) {
    one.pages[at].changed = stamp_;
    one.pages[at].during_sync = one.syncing > 0;
  }
}

void disk::resize(node& one, std::uint64_t length) {
  if (length == one.now.size()) return;
  one.now.resize(static_cast<std::size_t>(length));
  one.size_changed = ++stamp_;
  if (one.pages.size() < pages_for(length)) one.pages.resize(pages_for(length));
}

std::int32_t disk::write(node& into, std::span<const std::byte> from, std::uint64_t offset) {
  std::size_t count = from.size();
  for (std::size_t at = static_cast<std::size_t>(offset / page_bytes); at * page_bytes < offset + count; ++at) {
    if (reserve_page(into, at)) continue;
    const std::size_t begin = at * page_bytes;
    count = begin <= offset ? 0 : begin - static_cast<std::size_t>(offset);
    break;
  }
  if (count == 0) return from.empty() ? 0 : -ENOSPC;
  if (into.now.size() < offset + count) resize(into, offset + count);
  std::memcpy(into.now.data() + offset, from.data(), count);
  touch(into, offset, count);
  return static_cast<std::int32_t>(count);
}

int disk::allocate(node& into, std::uint64_t offset, std::uint64_t length) {
  const std::size_t first = static_cast<std::size_t>(offset / page_bytes);
  const std::size_t last = pages_for(offset + length);
  std::size_t wanted = 0;
  for (std::size_t at = first; at < last; ++at) {
    if (at >= into.pages.size() || !into.pages[at].allocated) ++wanted;
  }
  if (used_pages_ + wanted > limit_pages_) return -ENOSPC;
  for (std::size_t at = first; at < last; ++at) static_cast<void>(reserve_page(into, at));
  if (into.now.size() < offset + length) resize(into, offset + length);
  return 0;
}

void disk::zero(node& into, std::uint64_t offset, std::uint64_t length) {
  if (offset >= into.now.size()) return;
  const std::uint64_t end = std::min<std::uint64_t>(offset + length, into.now.size());
  std::memset(into.now.data() + offset, 0, static_cast<std::size_t>(end - offset));
  touch(into, offset, end - offset);
}

void disk::truncate(node& into, std::uint64_t length) {
  const std::uint64_t before = into.now.size();
  resize(into, length);
  if (length >= before) return;
  for (std::size_t at = pages_for(length); at < into.pages.size(); ++at) {
    if (into.pages[at].allocated) --used_pages_;
  }
  into.pages.resize(pages_for(length));
  // The rest of the last block is zeroed, or a longer file would show it again.
  if (length % page_bytes != 0) touch(into, length - 1, 1);
}

int disk::clone(const node& from, std::uint64_t offset, std::uint64_t length, node& into, std::uint64_t offset2) {
  if (!reflink) return -EOPNOTSUPP;
  const bool to_the_end = offset + length == from.now.size();
  if (offset % page_bytes != 0 || offset2 % page_bytes != 0 || (length % page_bytes != 0 && !to_the_end)) {
    return -EINVAL;
  }
  if (offset + length > from.now.size()) return -EINVAL;
  const std::vector<std::byte> bytes(from.now.begin() + static_cast<std::ptrdiff_t>(offset),
                                     from.now.begin() + static_cast<std::ptrdiff_t>(offset + length));
  const std::int32_t written = write(into, bytes, offset2);
  return written == static_cast<std::int32_t>(length) ? 0 : -ENOSPC;
}

void disk::add_to_point(sync_point& point, const node_ref& what) {
  ++what->syncing;
  sync_point::of_node one{what, what->size_changed, what->now.size(), {}};
  for (std::size_t at = 0; at < what->pages.size(); ++at) {
    const auto& page = what->pages[at];
    const std::size_t count = bytes_in_page(at, what->now.size());
    if (page.changed <= page.kept || count == 0) continue;
    const std::byte* begin = what->now.data() + at * page_bytes;
    one.pages.push_back({static_cast<std::uint32_t>(at), page.changed, {begin, begin + count}});
  }
  point.nodes.push_back(std::move(one));
}

sync_point disk::begin_sync(const node_ref& what) {
  sync_point point;
  point.stamp = stamp_;
  add_to_point(point, what);
  return point;
}

void disk::collect(const node_ref& from, std::vector<node_ref>& into) const {
  into.push_back(from);
  for (const auto& [name, child] : from->entries) collect(child, into);
}

sync_point disk::begin_sync_all() {
  sync_point point;
  point.stamp = stamp_;
  point.all_names = true;
  std::vector<node_ref> everything;
  collect(root_, everything);
  for (const node_ref& one : everything) add_to_point(point, one);
  return point;
}

void disk::apply(const change& one) {
  if (one.removed_from) one.removed_from->kept_entries.erase(one.removed);
  if (one.added_to) one.added_to->kept_entries[one.added] = one.what;
}

void disk::settle_names(std::uint64_t stamp, const node* of, bool all) {
  std::erase_if(pending_, [&](const change& one) {
    if (one.stamp > stamp || !(all || one.added_to.get() == of || one.removed_from.get() == of)) return false;
    apply(one);
    return true;
  });
}

void disk::end_sync(const sync_point& point) {
  for (const auto& one : point.nodes) {
    node& what = *one.what;
    if (what.syncing > 0) --what.syncing;
    if (what.directory) {
      settle_names(point.stamp, &what, point.all_names);
      continue;
    }
    if (one.size_stamp > what.size_kept) {
      what.kept.resize(static_cast<std::size_t>(one.size_bytes));
      what.size_kept = one.size_stamp;
    }
    for (const auto& page : one.pages) {
      if (page.index >= what.pages.size() || what.pages[page.index].kept >= page.stamp) continue;
      copy_page(what.kept, page.index, page.bytes);
      what.pages[page.index].kept = page.stamp;
    }
  }
}

void disk::fail_sync(const sync_point& point) {
  for (const auto& one : point.nodes) {
    if (one.what->syncing > 0) --one.what->syncing;
    for (const auto& page : one.pages) {
      if (page.index >= one.what->pages.size()) continue;
      auto& kept = one.what->pages[page.index].kept;
      kept = std::max(kept, page.stamp);
    }
  }
}

void disk::crash_file(node& one, std::uint64_t keep_parts) {
  const auto survives = [&] { return world_.rng.chance(keep_parts); };
  if (one.size_changed > one.size_kept && survives()) one.kept.resize(one.now.size());
  for (std::size_t at = 0; at < one.pages.size(); ++at) {
    if (one.pages[at].changed <= one.pages[at].kept) continue;
    const std::size_t count = bytes_in_page(at, one.now.size());
    const std::span<const std::byte> bytes{one.now.data() + at * page_bytes, count};
    if (survives()) {
      // Now and then only some sectors of it.
      if (!world_.rng.chance(100'000)) {
        copy_page(one.kept, at, bytes);
        continue;
      }
      world_.fired(fault::page_torn);
      copy_page(one.kept, at, bytes.first(std::min<std::size_t>(count, 512 * world_.rng.between(1, 7))));
    } else {
      world_.fired(fault::page_lost);
      if (one.pages[at].during_sync) world_.fired(fault::written_during_sync_lost);
    }
  }
}

void disk::come_up(node& one) {
  const bool again = one.names != met_in_crash;
  one.names = again ? one.names + 1 : 1;
  if (again) return;
  one.opens = 0;
  one.locked_by = 0;
  one.syncing = 0;
  one.now = one.kept;
  one.size_changed = one.size_kept = stamp_;
  one.pages.assign(pages_for(one.now.size()), {stamp_, stamp_, true, false});
  used_pages_ += one.pages.size();
  one.entries = one.kept_entries;
  for (const auto& [name, child] : one.entries) come_up(*child);
}

void disk::crash(crash_mood mood) {
  constexpr std::array<std::uint64_t, 5> kept_parts{0, 100'000, 500'000, 900'000, 1'000'000};
  const std::uint64_t keep = kept_parts[static_cast<std::size_t>(mood)];
  // Names of one file change in order: a second rename is not there without the first.
  std::vector<const node*> behind;
  for (const change& one : pending_) {
    const bool held_up = one.what && std::ranges::find(behind, one.what.get()) != behind.end();
    if (!held_up && world_.rng.chance(keep)) {
      apply(one);
    } else {
      if (one.what) behind.push_back(one.what.get());
      world_.fired(fault::name_lost);
    }
  }
  pending_.clear();
  // Every file that a name on the disk leads to.
  std::vector<node_ref> ahead{root_};
  while (!ahead.empty()) {
    const node_ref one = std::move(ahead.back());
    ahead.pop_back();
    if (std::exchange(one->names, met_in_crash) == met_in_crash) continue;  // led to by another name already
    if (!one->directory) crash_file(*one, keep);
    for (const auto& [name, child] : one->kept_entries) ahead.push_back(child);
  }
  ++stamp_;
  used_pages_ = 0;
  squeeze(std::nullopt);
  come_up(*root_);
}

void disk::squeeze(std::optional<std::uint64_t> spare_pages) noexcept {
  squeezed_ = spare_pages.has_value();
  limit_pages_ = spare_pages ? std::min(capacity_pages_, used_pages_ + *spare_pages) : capacity_pages_;
}

std::vector<std::string> disk::all_paths() const {
  std::vector<std::string> paths;
  std::vector<std::pair<std::string, node_ref>> ahead{{"", root_}};
  while (!ahead.empty()) {
    auto [path, one] = std::move(ahead.back());
    ahead.pop_back();
    if (!path.empty()) paths.push_back(one->directory ? path + "/" : fmt::format("{} {}", path, one->now.size()));
    for (const auto& [name, child] : one->entries) ahead.emplace_back(path.empty() ? name : path + "/" + name, child);
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace wf::sim
