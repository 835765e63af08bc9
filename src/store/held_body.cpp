#include "waveforge/store/held_body.hpp"

#include <algorithm>

#include "waveforge/base/limits.hpp"

namespace wf::store {

namespace {

constexpr auto lease_patience = std::chrono::seconds{30};

/// A body that was kept: a leading part in a buffer, the rest in a file.
class held_body final : public io::body_source {
 public:
  held_body(io::buffer_lease head, std::size_t head_bytes, io::file rest, std::uint64_t rest_bytes)
      : head_(std::move(head)), head_bytes_(head_bytes), rest_(std::move(rest)), rest_bytes_(rest_bytes) {}

  [[nodiscard]] std::span<const std::byte> in_hand() const noexcept override {
    return head_->bytes.subspan(taken_, head_bytes_ - taken_);
  }
  [[nodiscard]] std::shared_ptr<void> in_hand_owner() const noexcept override { return head_; }
  void consume(std::size_t count) noexcept override { taken_ += count; }
  [[nodiscard]] std::optional<std::uint64_t> remaining() const noexcept override {
    return head_bytes_ - taken_ + rest_bytes_ - read_;
  }
  [[nodiscard]] bool done() const noexcept override { return remaining() == std::uint64_t{0}; }
  [[nodiscard]] io::socket* raw() noexcept override { return nullptr; }
  void took(std::uint64_t) noexcept override {}
  void interrupt() noexcept override { interrupted_ = true; }

  [[nodiscard]] io::task<result<std::uint64_t>> wait(std::uint64_t want) override {
    if (interrupted_) co_return fail(errc::displaced, "a later request took the chunk over");
    co_return std::max<std::uint64_t>(1, std::min(want, *remaining()));
  }
  [[nodiscard]] io::task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void> owner) override {
    if (interrupted_) co_return fail(errc::displaced, "a later request took the chunk over");
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), rest_bytes_ - read_));
    if (size == 0) co_return std::size_t{0};
    const auto got = co_await rest_.read(into.first(size), read_, std::move(owner));
    if (got) read_ += *got;
    if (got && *got == 0) co_return fail(errc::io_failed, "a body that was kept aside is shorter than it was");
    co_return got;
  }

 private:
  io::buffer_lease head_;
  std::size_t head_bytes_;
  std::size_t taken_{0};
  io::file rest_;
  std::uint64_t rest_bytes_;
  std::uint64_t read_{0};
  bool interrupted_{false};
};

io::task<result<std::size_t>> next_piece(io::body_source& body, std::span<std::byte> into,
                                         const io::buffer_lease& owner) {
  if (body.in_hand().empty()) {
    const auto ready = co_await body.wait(into.size());
    if (!ready) co_return fail(ready.error());
  }
  if (const auto bytes = body.in_hand(); !bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), into.size());
    std::copy_n(bytes.begin(), size, into.begin());
    body.consume(size);
    co_return size;
  }
  const auto got = co_await body.receive(into, owner);
  co_return got;
}

}  // namespace

io::task<result<std::unique_ptr<io::body_source>>> hold_body(io::worker& on, io::body_source& body,
                                                             std::uint64_t bytes_max, const io::directory& pending,
                                                             std::string file_name) {
  const auto head = co_await on.buffers.take(on.ring.after(lease_patience));
  const auto piece = co_await on.heads.take(on.ring.after(lease_patience));
  if (!head || !piece) co_return fail(errc::unavailable, "no buffer became free in time");
  std::size_t head_bytes = 0;
  std::uint64_t rest_bytes = 0;
  io::file rest;
  while (!body.done()) {
    const bool full = head_bytes == head->bytes.size();
    const auto into = full ? piece->bytes : head->bytes.subspan(head_bytes);
    const auto got = co_await next_piece(body, into, full ? piece : head);
    if (!got) co_return fail(got.error());
    if (head_bytes + rest_bytes + *got > bytes_max)
      co_return fail(errc::too_large, "the file is longer than a chunk may be");
    if (!full) {
      head_bytes += *got;
      continue;
    }
    if (!rest) {
      auto opened = co_await pending.open_file(file_name, io::open_mode::create_new);
      if (!opened) co_return fail(opened.error());
      rest = std::move(*opened);
      // Without a name it is gone with the descriptor, whatever happens to us.
      const auto unnamed = co_await pending.unlink(file_name);
      if (!unnamed) co_return fail(unnamed.error());
    }
    const auto written = co_await rest.write_all(piece->bytes.first(*got), rest_bytes, piece);
    if (!written) co_return fail(written.error());
    rest_bytes += *got;
  }
  co_return std::make_unique<held_body>(head, head_bytes, std::move(rest), rest_bytes);
}

}  // namespace wf::store
