// What the ring's operations do to the disk: the part of a kernel below the file descriptors.
#include <fcntl.h>
#include <linux/falloc.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/sim/ring.hpp"
#include "waveforge/io/file.hpp"

namespace wf::sim {

namespace {

using io::op_kind;
constexpr std::uint64_t direct_alignment = 512;

/// The directory that holds the last name of a path, and that name.
std::pair<node_ref, std::string_view> locate(const node_ref& from, std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {from, path};
  return {disk::find(from, path.substr(0, slash)), path.substr(slash + 1)};
}

io::file_kind kind_of(const node& one) noexcept {
  return one.directory ? io::file_kind::directory : io::file_kind::regular;
}

}  // namespace

std::int32_t ring_state::carry_out(const pending& one) {
  const io::operation& op = *one.op;
  disk& files = owner_.on().files;
  switch (op.kind) {
    case op_kind::open: return open_path(op, one.what);
    case op_kind::make_directory:
    case op_kind::unlink:
    case op_kind::rename:
    case op_kind::link: return change_names(op, one.what);
    case op_kind::read:
    case op_kind::write:
    case op_kind::write_fixed: return transfer(op, one.what);
    case op_kind::splice: return splice(op, one.what);
    case op_kind::stat:
    case op_kind::list: return ask(op, one.what);
    case op_kind::close: owner_.close(op.fd); return 0;
    case op_kind::sync_range: return 0;
    case op_kind::allocate:
      if ((op.flags & FALLOC_FL_ZERO_RANGE) != 0) {
        files.zero(*one.what->node, op.offset, op.length);
        return 0;
      }
      return files.allocate(*one.what->node, op.offset, op.length);
    case op_kind::truncate: files.truncate(*one.what->node, op.length); return 0;
    case op_kind::clone_range: {
      const handle_ref into = owner_.at(op.fd2);
      if (!into) return -EBADF;
      const int value = files.clone(*one.what->node, op.offset, op.length, *into->node, op.offset2);
      if (value == -EOPNOTSUPP) owner_.on().all.fired(fault::no_reflink);
      return value;
    }
    case op_kind::shutdown:
      if (one.what->line) owner_.on().net.server_finishes(one.what->line);
      return 0;
    default: return -ENOSYS;
  }
}

std::int32_t ring_state::open_path(const io::operation& op, const handle_ref& from) {
  disk& files = owner_.on().files;
  const auto [parent, name] = locate(from->node, op.path);
  if (!parent || !parent->directory) return -ENOENT;
  node_ref found = disk::find(parent, name);
  if (!found) {
    if ((op.flags & O_CREAT) == 0) return -ENOENT;
    if (const int failure = files.make(parent, name, false, found); failure < 0) return failure;
  } else if ((op.flags & O_EXCL) != 0) {
    return -EEXIST;
  }
  if ((op.flags & O_DIRECTORY) != 0 && !found->directory) return -ENOTDIR;
  if ((op.flags & O_DIRECTORY) == 0 && found->directory && (op.flags & O_ACCMODE) != O_RDONLY) return -EISDIR;
  if ((op.flags & O_DIRECT) != 0 && !files.direct_io) {
    owner_.on().all.fired(fault::no_direct_io);
    return -EINVAL;
  }
  if ((op.flags & O_TRUNC) != 0) files.truncate(*found, 0);
  auto made = std::make_shared<handle>();
  made->node = std::move(found);
  made->direct = (op.flags & O_DIRECT) != 0;
  return owner_.add(std::move(made));
}

std::int32_t ring_state::change_names(const io::operation& op, const handle_ref& from) {
  disk& files = owner_.on().files;
  const node_ref& parent = from->node;
  if (op.kind == op_kind::unlink) return files.unlink(parent, op.path, (op.flags & AT_REMOVEDIR) != 0);
  if (op.kind == op_kind::rename || op.kind == op_kind::link) {
    const handle_ref to = owner_.at(op.fd2);
    if (!to) return -EBADF;
    if (op.kind == op_kind::link) return files.link(parent, op.path, to->node, op.path2);
    return files.rename(parent, op.path, to->node, op.path2);
  }
  if (parent->entries.contains(op.path)) return -EEXIST;
  node_ref made;
  return files.make(parent, op.path, true, made);
}

std::int32_t ring_state::transfer(const io::operation& op, const handle_ref& file) {
  machine& on = owner_.on();
  std::size_t size = op.size;
  auto* const data = static_cast<std::byte*>(op.data);
  if (file->direct && (op.offset % direct_alignment != 0 || size % direct_alignment != 0 ||
                       reinterpret_cast<std::uintptr_t>(data) % direct_alignment != 0)) {
    on.all.violate(fmt::format("misaligned direct I/O: {} bytes at {}", size, op.offset));
    return -EINVAL;
  }
  if (op.kind == op_kind::write_fixed) {
    const bool inside = op.buffer_index < registered_.size() && data >= registered_[op.buffer_index].data() &&
                        data + size <= registered_[op.buffer_index].data() + registered_[op.buffer_index].size();
    if (!inside) {
      on.all.violate("write_fixed from outside its registered buffer");
      return -EFAULT;
    }
  }
  const std::size_t step = file->direct ? direct_alignment : 1;
  if (size > step && on.all.happens(fault::short_transfer, on.odds.short_transfer)) {
    size = std::max(step, size / 3 / step * step);
  }
  if (op.kind == op_kind::read) return on.files.read(*file->node, {data, size}, op.offset);
  return on.files.write(*file->node, {data, size}, op.offset);
}

std::int32_t ring_state::splice(const io::operation& op, const handle_ref& from) {
  machine& on = owner_.on();
  const handle_ref to = owner_.at(op.fd2);
  if (!to) return -EBADF;
  std::size_t size = op.size;
  if (size > 1 && on.all.happens(fault::short_transfer, on.odds.short_transfer)) size = 1 + size / 3;
  if (from->pipe && to->node) {
    size = std::min(size, from->pipe->bytes.size());
    if (size == 0) return -EAGAIN;
    const std::string_view bytes = from->pipe->bytes.front(size);
    const std::int32_t written =
        on.files.write(*to->node, {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}, op.offset2);
    if (written > 0) from->pipe->bytes.drop(static_cast<std::size_t>(written));
    return written;
  }
  if (from->node && to->pipe) {
    const std::size_t room = to->pipe->capacity - std::min<std::size_t>(to->pipe->capacity, to->pipe->bytes.size());
    if (room == 0) return -EAGAIN;
    std::vector<std::byte> bytes(std::min(size, room));
    const std::int32_t count = on.files.read(*from->node, bytes, op.offset);
    if (count > 0) {
      to->pipe->bytes.add({reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count)});
    }
    return count;
  }
  return -EINVAL;
}

std::int32_t ring_state::ask(const io::operation& op, const handle_ref& from) {
  if (op.kind == op_kind::list) {
    auto& entries = *static_cast<std::vector<io::directory_entry>*>(op.data);
    for (const auto& [name, child] : from->node->entries) entries.push_back({name, kind_of(*child)});
    return 0;
  }
  const node_ref found = op.path.empty() ? from->node : disk::find(from->node, op.path);
  if (!found) return -ENOENT;
  auto& answer = *static_cast<io::file_status*>(op.data);
  answer.kind = kind_of(*found);
  answer.size_bytes = found->now.size();
  answer.allocated_bytes = found->pages.size() * disk::page_bytes;
  return 0;
}

}  // namespace wf::sim
