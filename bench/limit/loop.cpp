#include "loop.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace limit {
namespace {

constexpr unsigned entries = 4096;

int listen_on(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up("open a socket", errno);
  const int one = 1;
  (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) give_up("bind", errno);
  if (::listen(socket, 4096) != 0) give_up("listen", errno);
  return socket;
}

}  // namespace

loop::loop(loop_options with) : with_{std::move(with)}, files_{with_.how == way::sink ? "" : with_.directory} {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  params.cq_entries = 8 * entries;
  if (const int refused = io_uring_queue_init_params(entries, &ring_, &params); refused != 0) {
    give_up("make a ring", -refused);
  }
  cpu_set_t mine;
  CPU_ZERO(&mine);
  // Worker threads of the ring do not follow the process's own binding.
  if (::sched_getaffinity(0, sizeof mine, &mine) == 0) {
    (void)io_uring_register_iowq_aff(&ring_, sizeof mine, &mine);
  }
  // Huge pages as the server has them, beginning at one's address.
  constexpr std::size_t huge_page_bytes = 2UL << 20U;
  const std::size_t pool_bytes = buffers_max * piece_bytes;
  std::size_t room = pool_bytes + huge_page_bytes;
  void* pool = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pool == MAP_FAILED) give_up("map buffers", errno);
  memory_ = static_cast<char*>(std::align(huge_page_bytes, pool_bytes, pool, room));
  (void)::madvise(memory_, pool_bytes, MADV_HUGEPAGE);
  if (with_.how == way::direct) {
    std::array<iovec, buffers_max> vectors{};
    for (unsigned at = 0; at < buffers_max; ++at) {
      vectors[at] = iovec{memory_ + at * piece_bytes, piece_bytes};
      free_buffers_.push_back(static_cast<int>(at));
    }
    const int refused = io_uring_register_buffers(&ring_, vectors.data(), buffers_max);
    if (refused != 0) give_up("register buffers", -refused);
  }
  if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) give_up("make a pipe", errno);
  (void)::fcntl(pipe_[0], F_SETPIPE_SZ, 1 << 20);
  listener_ = listen_on(with_.port);
}

loop::~loop() {
  io_uring_queue_exit(&ring_);
}

io_uring_sqe* loop::entry(std::uint32_t index, event what) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) {
    (void)io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  if (sqe == nullptr) give_up("get a ring entry", EBUSY);
  // The preparing functions leave this field alone.
  sqe->user_data = (std::uint64_t{index} << 8U) | static_cast<std::uint8_t>(what);
  return sqe;
}

void loop::accept_more() {
  io_uring_prep_multishot_accept(entry(0, event::accepted), listener_, nullptr, nullptr, SOCK_CLOEXEC);
}

void loop::run() {
  accept_more();
  (void)std::fprintf(stderr, "listening\n");
  for (;;) {
    const int failed = io_uring_submit_and_wait(&ring_, 1);
    if (failed < 0 && failed != -EINTR) give_up("wait for the ring", -failed);
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++seen;
      on_event(static_cast<std::uint32_t>(cqe->user_data >> 8U), static_cast<event>(cqe->user_data & 0xFFU), cqe->res,
               cqe->flags);
    }
    io_uring_cq_advance(&ring_, seen);
  }
}

void loop::on_event(std::uint32_t index, event what, int result, std::uint32_t flags) {
  switch (what) {
    case event::accepted: {
      if ((flags & IORING_CQE_F_MORE) == 0) accept_more();
      if (result < 0) return;
      const int one = 1;
      (void)::setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (free_connections_.empty()) {
        free_connections_.push_back(static_cast<std::uint32_t>(connections_.size()));
        connections_.emplace_back();
      }
      const std::uint32_t fresh = free_connections_.back();
      free_connections_.pop_back();
      connections_[fresh] = std::make_unique<connection>();
      connections_[fresh]->socket = result;
      return wait_for_head(fresh);
    }
    case event::head: return on_head(index, result);
    case event::readable: return result < 0 ? close(index) : on_readable(index);
    case event::written: return on_written(index, result);
    case event::synced: return result < 0 ? give_up("sync", -result) : tell_offset(index);
    case event::writable: return result < 0 ? close(index) : send_file(index);
  }
}

void loop::low_water(connection& one, int bytes) const {
  if (one.low_water == bytes) return;
  (void)::setsockopt(one.socket, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
  one.low_water = bytes;
}

void loop::wait_for_head(std::uint32_t index) {
  connection& one = *connections_[index];
  low_water(one, 1);
  io_uring_prep_recv(entry(index, event::head), one.socket, one.head.data() + one.held, one.head.size() - one.held, 0);
}

void loop::on_head(std::uint32_t index, int result) {
  connection& one = *connections_[index];
  if (result <= 0) return close(index);
  one.held += static_cast<std::size_t>(result);
  const auto asked = read_request({one.head.data(), one.held});
  if (!asked) return one.held == one.head.size() ? close(index) : wait_for_head(index);
  serve(index, *asked);
}

void loop::serve(std::uint32_t index, const request& asked) {
  connection& one = *connections_[index];
  one.body_held = one.held - asked.head_bytes;
  std::string text;
  switch (asked.what) {
    case verb::post: {
      segment& into = files_.of(asked.session);
      into.chunk_bytes[asked.chunk_index] = asked.upload_length;
      into.stride = asked.chunk_size;
      text = "HTTP/1.1 201 Created\r\nLocation: /files/" + std::string{asked.session} + "/chunks/" +
             std::to_string(asked.chunk_index) + "\r\nUpload-Offset: 0\r\nContent-Length: 0\r\n\r\n";
      return answer(index, text);
    }
    case verb::patch:
      one.into = &files_.of(asked.session);
      one.chunk = asked.chunk_index;
      one.offset = asked.upload_offset;
      one.begin = one.at = asked.chunk_index * one.into->stride + asked.upload_offset;
      one.rest = asked.content_length - one.body_held;
      return begin_body(index);
    case verb::get: {
      segment& from = files_.of(asked.session);
      files_.finish(from);
      if (asked.rest == "/status") {
        return answer(index, "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"state\":\"assembled\"}");
      }
      one.file = from.plain;
      one.file_at = 0;
      one.file_end = from.length;
      text = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(from.length) + "\r\n\r\n";
      (void)::send(one.socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_MORE);
      return send_file(index);
    }
    case verb::remove: files_.remove(asked.session); return answer(index, "HTTP/1.1 204 No Content\r\n\r\n");
    default: return close(index);
  }
}

void loop::answer(std::uint32_t index, const std::string& text) {
  connection& one = *connections_[index];
  const ssize_t sent = ::send(one.socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(text.size())) return close(index);
  one.held = 0;
  one.body_held = 0;
  wait_for_head(index);
}

void loop::send_file(std::uint32_t index) {
  connection& one = *connections_[index];
  (void)::fcntl(one.socket, F_SETFL, O_NONBLOCK);
  while (one.file_at < one.file_end) {
    auto at = static_cast<off_t>(one.file_at);
    const ssize_t sent = ::sendfile(one.socket, one.file, &at, one.file_end - one.file_at);
    if (sent < 0 && errno == EAGAIN) return io_uring_prep_poll_add(entry(index, event::writable), one.socket, POLLOUT);
    if (sent <= 0) return close(index);
    one.file_at += static_cast<std::uint64_t>(sent);
  }
  (void)::fcntl(one.socket, F_SETFL, 0);
  one.held = 0;
  wait_for_head(index);
}

void loop::close(std::uint32_t index) {
  connection& one = *connections_[index];
  if (one.buffer >= 0) free_buffers_.push_back(one.buffer);
  ::close(one.socket);
  connections_[index].reset();
  free_connections_.push_back(index);
}

}  // namespace limit
