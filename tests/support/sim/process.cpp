#include "support/sim/process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/sim/ring.hpp"

namespace wf::sim {

namespace {
constexpr std::size_t first_descriptor = 3;
constexpr std::uint32_t direct_alignment = 512;
/// A pipe's slots hold a page each, however little of it is used; so a pipe is full before its bytes are.
constexpr std::uint32_t pipe_bytes_max = 1U << 20U;
}  // namespace

process::process(machine& on) : machine_(on), number_(++on.processes), open_(first_descriptor) {}

process::~process() {
  die();
}

void process::die() {
  if (std::exchange(dead_, true)) return;
  for (auto& one : open_) {
    if (!one) continue;
    // The kernel closes them; the numbers stay until the process's own destructors have run.
    let_go(one);
  }
  for (const auto& weak : rings_) {
    if (const auto ring = weak.lock()) ring->owner_died();
  }
}

std::size_t process::descriptors_open() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(open_, [](const auto& one) { return one != nullptr; }));
}

std::string process::describe_open() const {
  std::string text;
  for (std::size_t fd = 0; fd < open_.size(); ++fd) {
    if (!open_[fd]) continue;
    const handle& one = *open_[fd];
    text += fmt::format(" {}={}", fd, one.line ? "socket" : one.backlog ? "listener" : one.pipe ? "pipe" : "file");
  }
  return text;
}

handle_ref process::at(int fd) const noexcept {
  if (fd < 0 || static_cast<std::size_t>(fd) >= open_.size()) return nullptr;
  return open_[static_cast<std::size_t>(fd)];
}

int process::add(handle_ref what) {
  if (what->node) machine_.files.opened(*what->node);
  // The lowest free number, as POSIX has it: a descriptor used after its close soon names something else.
  auto place = std::find(open_.begin() + first_descriptor, open_.end(), nullptr);
  if (place == open_.end()) place = open_.insert(open_.end(), nullptr);
  *place = std::move(what);
  return static_cast<int>(place - open_.begin());
}

void process::let_go(const handle_ref& what) noexcept {
  if (what->node) {
    if (what->node->locked_by == number_) what->node->locked_by = 0;
    machine_.files.closed(*what->node);
  }
  if (what->line) machine_.net.server_closes(what->line);
  if (what->backlog) machine_.net.stop_listening(what->backlog);
}

void process::close(int fd) noexcept {
  const handle_ref gone = at(fd);
  if (!gone) {
    machine_.all.violate(fmt::format("descriptor {} was closed, but it is not open", fd));
    return;
  }
  open_[static_cast<std::size_t>(fd)].reset();
  if (!dead_) let_go(gone);
}

result<std::unique_ptr<io::ring_backend>> process::make_ring(unsigned) {
  auto state = std::make_shared<ring_state>(*this, rings_.size());
  rings_.push_back(state);
  return std::make_unique<ring>(std::move(state));
}

result<int> process::listen(std::string_view, bool) {
  auto made = std::make_shared<handle>();
  made->backlog = machine_.net.listen();
  return add(std::move(made));
}

io::peer_address process::peer_of(int) noexcept {
  io::peer_address peer;
  peer.text = "127.0.0.1:5000";
  peer.bytes[10] = peer.bytes[11] = 0xff;
  peer.bytes[12] = 127;
  peer.bytes[15] = 1;
  peer.loopback = true;
  return peer;
}

void process::stop_receiving(int fd) noexcept {
  const handle_ref one = at(fd);
  if (dead_ || !one || !one->line) return;
  one->line->deaf = true;
  if (one->line->server_news) one->line->server_news();
}

void process::set_receive_low_water(int fd, std::uint32_t bytes) noexcept {
  if (const handle_ref one = at(fd); one && one->line) one->line->low_water = bytes;
}

std::uint32_t process::readable_bytes(int fd) noexcept {
  const handle_ref one = at(fd);
  return dead_ || !one || !one->line ? 0 : static_cast<std::uint32_t>(one->line->up_arrived.size());
}

std::uint32_t process::unsent_bytes(int fd) noexcept {
  const handle_ref one = at(fd);
  return dead_ || !one || !one->line ? 0 : static_cast<std::uint32_t>(one->line->down_sent.size());
}

result<std::pair<int, int>> process::make_pipe(std::uint32_t bytes) {
  if (dead_ || machine_.all.happens(fault::descriptors_exhausted, machine_.odds.no_descriptors)) {
    return fail(os_error(EMFILE, "make a pipe"));
  }
  auto inside = std::make_shared<sim::pipe_bytes>();
  inside->capacity = std::min(bytes, pipe_bytes_max);
  auto read_end = std::make_shared<handle>();
  read_end->pipe = inside;
  auto write_end = std::make_shared<handle>();
  write_end->pipe = std::move(inside);
  const int reads = add(std::move(read_end));
  return std::pair{reads, add(std::move(write_end))};
}

std::uint32_t process::pipe_bytes(int fd) noexcept {
  const handle_ref one = at(fd);
  return one && one->pipe ? one->pipe->capacity : 0;
}

std::int32_t take_from_line(machine& on, const link_ref& line, std::span<std::byte> into) {
  if (line->up_arrived.empty()) {
    if (line->reset) return -ECONNRESET;
    return line->up_fin_seen || line->deaf ? 0 : -EAGAIN;
  }
  const std::size_t count = std::min(into.size(), line->up_arrived.size());
  std::memcpy(into.data(), line->up_arrived.front(count).data(), count);
  line->up_arrived.drop(count);
  on.net.server_took(line);
  return static_cast<std::int32_t>(count);
}

std::int32_t process::recv_now(int fd, std::span<std::byte> into) noexcept {
  const handle_ref one = at(fd);
  if (dead_) return -ECONNRESET;
  if (!one || !one->line) return -EBADF;
  return take_from_line(machine_, one->line, into);
}

std::int32_t process::send_now(int fd, std::span<const std::byte> from) noexcept {
  const handle_ref one = at(fd);
  if (dead_) return -EPIPE;
  if (!one || !one->line) return -EBADF;
  if (one->line->reset) return -EPIPE;
  const std::string_view bytes{reinterpret_cast<const char*>(from.data()), from.size()};
  const std::size_t sent = machine_.net.server_sends(one->line, bytes);
  return sent == 0 && !from.empty() ? -EAGAIN : static_cast<std::int32_t>(sent);
}

std::int32_t process::splice_now(int from, int to, std::uint32_t size) noexcept {
  const handle_ref source = at(from);
  const handle_ref target = at(to);
  if (dead_) return -EPIPE;
  if (!source || !target) return -EBADF;
  if (source->line && target->pipe) {
    auto& inside = *target->pipe;
    const std::size_t room = inside.capacity - std::min<std::size_t>(inside.capacity, inside.bytes.size());
    if (room == 0) return -EAGAIN;
    std::vector<std::byte> moved(std::min<std::size_t>(size, room));
    // Segments of the network rarely fill the pages they lie in: a pipe is full before its bytes are.
    if (machine_.all.rng.chance(machine_.odds.short_transfer)) moved.resize(1 + moved.size() / 3);
    const std::int32_t count = take_from_line(machine_, source->line, moved);
    if (count > 0) inside.bytes.add({reinterpret_cast<const char*>(moved.data()), static_cast<std::size_t>(count)});
    return count;
  }
  if (source->pipe && target->line) {
    if (target->line->reset) return -EPIPE;
    const std::size_t count = std::min<std::size_t>(size, source->pipe->bytes.size());
    if (count == 0) return -EAGAIN;
    const std::size_t sent = machine_.net.server_sends(target->line, source->pipe->bytes.front(count));
    source->pipe->bytes.drop(sent);
    return sent == 0 ? -EAGAIN : static_cast<std::int32_t>(sent);
  }
  machine_.all.violate("splice_now is for sockets and pipes");
  return -EINVAL;
}

result<int> process::open_root(const std::string&) {
  auto made = std::make_shared<handle>();
  made->node = machine_.files.root();
  return add(std::move(made));
}

result<io::file_system_facts> process::file_system_of(int) {
  io::file_system_facts facts;
  facts.type = "simfs";
  facts.uuid = "51u";
  facts.mount_instance = static_cast<std::uint64_t>(machine_.boots);
  facts.mount_instance_unique = true;
  // It says so even where the files then refuse it, as some file systems do.
  facts.direct_memory_alignment = facts.direct_offset_alignment = direct_alignment;
  return facts;
}

result<io::space> process::space_of(int) noexcept {
  const std::uint64_t total = machine_.files.capacity_bytes();
  const std::uint64_t used = machine_.files.used_bytes();
  return io::space{total - std::min(total, used), total};
}

std::string process::boot_id() {
  return fmt::format("boot-{}", machine_.boots);
}

result<bool> process::try_lock(int fd) {
  const handle_ref one = at(fd);
  if (dead_ || !one || !one->node) return fail(os_error(EIO, "lock a file"));
  if (one->node->locked_by != 0 && one->node->locked_by != number_) return false;
  one->node->locked_by = number_;
  return true;
}

}  // namespace wf::sim
