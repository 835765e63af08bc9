#include "waveforge/store/session_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "waveforge/base/limits.hpp"
#include "waveforge/session/placement.hpp"

namespace wf::store {

namespace {

constexpr std::uint64_t share_of_free_space = 32;
/// The second one is for the direct way, should it be chosen.
constexpr std::uint32_t descriptors_of_segment = 2;
constexpr std::uint32_t descriptors_of_chunk_file = 1;

/// Directory part and last name of "a/b/c".
std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

std::string session_path(const session::session_id& id, unsigned fan_out) {
  std::string path;
  if (id.space() == session::id_space::upload) path = ".tus/";
  const std::string_view text = id.text();
  // By a hash, so that every session lies equally deep whatever its id looks like: a short id could otherwise be the
  // name of a directory that others live in. FNV-1a, 32 bits: part of the layout, never to be changed.
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  for (unsigned level = 0; level < fan_out; ++level) {
    path += fmt::format("{:02x}/", hash & 0xFFU);
    hash >>= 8U;
  }
  path.append(text);
  return path;
}

session_files::session_files(const environment& world, const options& with, std::shared_ptr<open_directory> root,
                             file_budget& budget, const session::session_id& id)
    : world_(world), with_(with), root_(std::move(root)), budget_(budget), path_(session_path(id, with.fan_out)) {}

std::shared_ptr<open_file> session_files::find_file(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto at = files_.find(name);
  return at == files_.end() ? nullptr : at->second;
}

std::shared_ptr<open_directory> session_files::find_directory(const std::string& path) const {
  const std::lock_guard lock{mutex_};
  const auto at = directories_.find(path);
  return at == directories_.end() ? nullptr : at->second;
}

std::uint32_t session_files::directories_missing(const std::string& path) const {
  const std::string full = path_ + "/" + path;
  std::uint32_t missing = 0;
  const std::lock_guard lock{mutex_};
  for (std::size_t end = 0; end < full.size(); ++end) {
    end = std::min(full.find('/', end), full.size());
    if (!directories_.contains(full.substr(0, end))) ++missing;
  }
  return missing;
}

io::task<result<std::shared_ptr<open_directory>>> session_files::directory(const std::string& path) {
  file_budget::permit none;
  auto opened = co_await open_directories(path, none);
  co_return opened;
}

io::task<result<std::shared_ptr<open_directory>>> session_files::open_directories(const std::string& path,
                                                                                  file_budget::permit& room) {
  // Keys are full paths from the data dir, so that the session's own parents are made and synced like any other.
  const std::string full = path.empty() ? path_ : path_ + "/" + path;
  std::shared_ptr<open_directory> at = root_;
  std::size_t begin = 0;
  while (begin < full.size()) {
    std::size_t end = full.find('/', begin);
    if (end == std::string::npos) end = full.size();
    const std::string prefix = full.substr(0, end);
    const std::string name = full.substr(begin, end - begin);
    begin = end + 1;
    if (auto known = find_directory(prefix)) {
      at = std::move(known);
      continue;
    }
    const auto made = co_await at->handle.make_directory(name);
    if (!made) co_return fail(made.error());
    // Also when it was there already: whoever made it may have died before the sync.
    at->dirty.store(true, std::memory_order_release);
    auto handle = co_await at->handle.open_directory(name);
    if (!handle) co_return fail(handle.error());
    auto opened = std::make_shared<open_directory>();
    opened->counted = budget_.part_of(room, 1);
    opened->handle = std::move(*handle);
    const std::lock_guard lock{mutex_};
    at = directories_.try_emplace(prefix, std::move(opened)).first->second;
  }
  co_return at;
}

io::task<result<std::shared_ptr<open_file>>> session_files::open_below(const std::string& parent,
                                                                       const std::string& name,
                                                                       std::uint32_t descriptors, opening how) {
  const std::string key = parent + "/" + name;
  if (auto known = find_file(key)) co_return known;
  file_budget::permit room;
  if (how == opening::when_there_is_room) {
    // All of it before any is open: those who wait with something open would wait for each other.
    auto got = co_await budget_.take(directories_missing(parent) + descriptors,
                                     io::deadline{world_.time.now() + limits::open_files_patience});
    if (!got) co_return fail(got.error());
    room = std::move(*got);
  }
  const gate::pass turn = co_await opening_.enter();
  if (auto known = find_file(key)) co_return known;
  const auto holder = co_await open_directories(parent, room);
  if (!holder) co_return fail(holder.error());
  auto handle = co_await (*holder)->handle.open_file(name, io::open_mode::create);
  if (!handle) co_return fail(handle.error());
  (*holder)->dirty.store(true, std::memory_order_release);
  auto opened = std::make_shared<open_file>();
  opened->counted = budget_.part_of(room, descriptors);
  opened->plain = std::move(*handle);
  const std::lock_guard lock{mutex_};
  co_return files_.try_emplace(key, std::move(opened)).first->second;
}

io::task<result<std::shared_ptr<open_file>>> session_files::segment(opening how) {
  const std::string parent{"chunks"};
  const std::string name{"segment"};
  auto opened = co_await open_below(parent, name, descriptors_of_segment, how);
  co_return opened;
}

io::task<result<std::shared_ptr<open_file>>> session_files::chunk_file(std::uint32_t index, std::uint32_t generation,
                                                                       opening how) {
  auto [parent, name] = split_path(session::chunk_file_path(index, generation));
  const auto opened = co_await open_below(parent, name, descriptors_of_chunk_file, how);
  co_return opened;
}

io::task<result<void>> session_files::forget_segment() {
  const auto holder = co_await directory("chunks");
  if (!holder) co_return fail(holder.error());
  {
    const std::lock_guard lock{mutex_};
    files_.erase("chunks/segment");
    reserved_.clear();
    step_bytes_ = 0;
  }
  const auto removed = co_await (*holder)->handle.unlink("segment");
  if (!removed && removed.error().code != errc::not_found) co_return removed;
  (*holder)->dirty.store(true, std::memory_order_release);
  co_return result<void>{};
}

io::task<result<void>> session_files::link_segment(const std::string& source) {
  const auto holder = co_await directory("chunks");
  if (!holder) co_return fail(holder.error());
  const auto linked = co_await root_->handle.link(source, (*holder)->handle, "segment");
  (*holder)->dirty.store(true, std::memory_order_release);
  co_return linked;
}

io::task<result<void>> session_files::forget_chunk_file(std::uint32_t index, std::uint32_t generation) {
  const auto [parent, name] = split_path(session::chunk_file_path(index, generation));
  const auto holder = co_await directory(parent);
  if (!holder) co_return fail(holder.error());
  {
    const std::lock_guard lock{mutex_};
    files_.erase(parent + "/" + name);
  }
  const auto removed = co_await (*holder)->handle.unlink(name);
  (*holder)->dirty.store(true, std::memory_order_release);
  co_return removed;
}

std::uint64_t session_files::reserved_until(std::uint64_t offset) const {
  auto after = reserved_.upper_bound(offset);
  if (after == reserved_.begin()) return offset;
  return std::max(offset, std::prev(after)->second);
}

bool session_files::follows_reserved(std::uint64_t offset, std::uint64_t gap) const {
  const auto after = reserved_.upper_bound(offset);
  if (after == reserved_.begin()) return false;
  const std::uint64_t end = std::prev(after)->second;
  return end >= offset || offset - end <= gap;
}

void session_files::note_reserved(std::uint64_t from, std::uint64_t to) {
  auto at = reserved_.upper_bound(from);
  if (at != reserved_.begin() && std::prev(at)->second >= from) --at;
  while (at != reserved_.end() && at->first <= to) {
    from = std::min(from, at->first);
    to = std::max(to, at->second);
    at = reserved_.erase(at);
  }
  reserved_[from] = to;
}

io::task<result<void>> session_files::reserve(open_file& segment, std::uint64_t offset, std::uint64_t length,
                                              std::uint64_t bound) {
  const auto covered = [&] {
    const std::lock_guard lock{mutex_};
    return reserved_until(offset) >= offset + length;
  };
  if (length == 0 || covered()) co_return result<void>{};
  const gate::pass turn = co_await opening_.enter();
  std::uint64_t from = offset;
  std::uint64_t to = offset + length;
  {
    const std::lock_guard lock{mutex_};
    from = reserved_until(offset);
    if (from >= to) co_return result<void>{};
    // The first step is what was asked for; whoever keeps writing behind it gets twice as much each time, so that a
    // long recording asks seldom and a short one wastes little. Chunks come several at a time: the next one begins
    // before the one below it is whole, and goes on all the same.
    const std::uint64_t next = std::max(length, std::min(step_bytes_ * 2, limits::preallocate_step_bytes_max));
    step_bytes_ = follows_reserved(offset, next) ? next : length;
    // Blocks kept for later are blocks that nobody else may have: on a disk that fills up the steps become small.
    const auto space = root_->handle.free_space();
    if (space) step_bytes_ = std::max(std::min(step_bytes_, space->available_bytes / share_of_free_space), length);
    to = std::min(std::max(to, offset + step_bytes_), std::max(bound, to));
  }
  auto allocated = co_await segment.plain.allocate(from, to - from);
  if (!allocated && allocated.error().code == errc::no_space && to > offset + length) {
    to = offset + length;  // no room for the step: what is needed may still fit
    allocated = co_await segment.plain.allocate(from, to - from);
  }
  if (!allocated) {
    const int why = allocated.error().os_errno;
    // A file system without fallocate takes growing writes; they are only slower.
    if (why != EOPNOTSUPP && why != ENOSYS) co_return allocated;
  }
  const std::lock_guard lock{mutex_};
  note_reserved(from, to);
  co_return result<void>{};
}

io::task<result<void>> session_files::open_direct(open_file& segment) {
  if (segment.direct_ready.load(std::memory_order_acquire)) co_return result<void>{};
  const gate::pass turn = co_await opening_.enter();
  if (segment.direct_ready.load(std::memory_order_acquire)) co_return result<void>{};
  const auto holder = co_await directory("chunks");
  if (!holder) co_return fail(holder.error());
  auto handle = co_await (*holder)->handle.open_file("segment", io::open_mode::read_write, true);
  if (!handle) co_return fail(handle.error());
  segment.direct = std::move(*handle);
  segment.direct_ready.store(true, std::memory_order_release);
  co_return result<void>{};
}

std::vector<std::shared_ptr<open_directory>> session_files::unsynced_directories() const {
  std::vector<std::shared_ptr<open_directory>> unsynced;
  if (root_->unsynced()) unsynced.push_back(root_);
  const std::lock_guard lock{mutex_};
  for (const auto& [path, one] : directories_) {
    if (one->unsynced()) unsynced.push_back(one);
  }
  return unsynced;
}

std::vector<std::shared_ptr<open_file>> session_files::unsynced_files() const {
  std::vector<std::shared_ptr<open_file>> unsynced;
  const std::lock_guard lock{mutex_};
  for (const auto& [name, one] : files_) {
    if (one->unsynced()) unsynced.push_back(one);
  }
  return unsynced;
}

void session_files::close() {
  const std::lock_guard lock{mutex_};
  files_.clear();
  directories_.clear();
  reserved_.clear();
  step_bytes_ = 0;
}

void session_files::close_unused() {
  std::vector<std::shared_ptr<void>> closed;  // after the lock: to close may take the disk's time
  const auto take_unused = [&closed](auto& from) {
    std::erase_if(from, [&closed](auto& one) {
      // New users come through the maps, which are locked; the last one that left may have written.
      if (one.second.use_count() > 1) return false;
      std::atomic_thread_fence(std::memory_order_acquire);
      if (one.second->dirty.load(std::memory_order_acquire)) return false;
      closed.push_back(std::move(one.second));
      return true;
    });
  };
  const std::lock_guard lock{mutex_};
  take_unused(files_);
  take_unused(directories_);
}

std::size_t session_files::open_count() const {
  const std::lock_guard lock{mutex_};
  return files_.size() + directories_.size();
}

std::uint64_t session_files::reserved_bytes() const {
  const std::lock_guard lock{mutex_};
  std::uint64_t sum = 0;
  for (const auto& [from, to] : reserved_) sum += to - from;
  return sum;
}

}  // namespace wf::store
