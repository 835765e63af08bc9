#include "waveforge/store/held_body.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "waveforge/base/limits.hpp"

namespace wf::store {

namespace {

constexpr auto lease_patience = std::chrono::seconds{30};

/// A body that was kept in a file.
class held_body final : public io::body_source {
 public:
  held_body(io::file kept, std::uint64_t size_bytes) : kept_(std::move(kept)), size_bytes_(size_bytes) {}

  [[nodiscard]] std::span<const std::byte> in_hand() const noexcept override { return {}; }
  [[nodiscard]] std::shared_ptr<void> in_hand_owner() const noexcept override { return nullptr; }
  void consume(std::size_t) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> remaining() const noexcept override { return size_bytes_ - read_; }
  [[nodiscard]] bool done() const noexcept override { return read_ == size_bytes_; }
  [[nodiscard]] io::socket* raw() noexcept override { return nullptr; }
  void took(std::uint64_t) noexcept override {}
  void interrupt() noexcept override { interrupted_ = true; }

  [[nodiscard]] io::task<result<std::uint64_t>> wait(std::uint64_t want) override {
    if (interrupted_) co_return fail(errc::displaced, "a later request took the chunk over");
    co_return std::max<std::uint64_t>(1, std::min(want, *remaining()));
  }
  [[nodiscard]] io::task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void> owner) override {
    if (interrupted_) co_return fail(errc::displaced, "a later request took the chunk over");
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_bytes_ - read_));
    if (size == 0) co_return std::size_t{0};
    const auto got = co_await kept_.read(into.first(size), read_, std::move(owner));
    if (got) read_ += *got;
    if (got && *got == 0) co_return fail(errc::io_failed, "a body that was kept aside is shorter than it was");
    co_return got;
  }

 private:
  io::file kept_;
  std::uint64_t size_bytes_;
  std::uint64_t read_{0};
  bool interrupted_{false};
};

/// Without a name it is gone with the descriptor, whatever happens to us.
io::task<result<io::file>> nameless_file(const io::directory& pending, const std::string& file_name) {
  auto opened = co_await pending.open_file(file_name, io::open_mode::create_new);
  if (!opened) co_return fail(opened.error());
  const auto unnamed = co_await pending.unlink(file_name);
  if (!unnamed) co_return fail(unnamed.error());
  co_return std::move(*opened);
}

/// What can be had without waiting, at least what is in hand; borrowed until the body is asked again.
struct arrived {
  std::span<const std::byte> bytes;
  std::shared_ptr<void> owner;
  bool in_hand;
};

io::task<result<arrived>> next_piece(io::worker& on, io::body_source& body) {
  if (body.in_hand().empty()) {
    const auto ready = co_await body.wait(on.buffers.buffer_bytes());
    if (!ready) co_return fail(ready.error());
  }
  if (!body.in_hand().empty()) co_return arrived{body.in_hand(), body.in_hand_owner(), true};
  const auto buffer = co_await on.buffers.take(on.ring.after(lease_patience));
  if (!buffer) co_return fail(errc::unavailable, "no buffer became free in time");
  const auto got = co_await body.receive(buffer->bytes, buffer);
  if (!got) co_return fail(got.error());
  co_return arrived{buffer->bytes.first(*got), buffer, false};
}

}  // namespace

io::task<result<std::unique_ptr<io::body_source>>> hold_body(io::worker& on, io::body_source& body,
                                                             std::uint64_t bytes_max, const io::directory& pending,
                                                             std::string file_name) {
  io::file kept;
  std::uint64_t size_bytes = 0;
  while (!body.done()) {
    const auto piece = co_await next_piece(on, body);
    if (!piece) co_return fail(piece.error());
    if (piece->bytes.empty()) continue;
    if (size_bytes + piece->bytes.size() > bytes_max)
      co_return fail(errc::too_large, fmt::format("the file is longer than the {} bytes of a chunk", bytes_max));
    if (!kept) {
      auto opened = co_await nameless_file(pending, file_name);
      if (!opened) co_return fail(opened.error());
      kept = std::move(*opened);
    }
    const auto written = co_await kept.write_all(piece->bytes, size_bytes, piece->owner);
    if (!written) co_return fail(written.error());
    size_bytes += piece->bytes.size();
    if (piece->in_hand) body.consume(piece->bytes.size());
  }
  co_return std::make_unique<held_body>(std::move(kept), size_bytes);
}

}  // namespace wf::store
