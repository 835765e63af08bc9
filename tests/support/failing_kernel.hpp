#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "waveforge/io/kernel.hpp"

namespace wf::test {

/// The real machine, but for single operations of its rings that the test makes fail. Thread-safe.
class failing_kernel final : public io::kernel {
 public:
  /// The next `times` operations of that kind whose path ends in `path_end` are not carried out and end with -`why`.
  void fail_next(io::op_kind kind, std::string path_end, int why, unsigned times = 1) {
    const std::lock_guard lock{mutex_};
    rule_ = {kind, std::move(path_end), -why, times};
  }
  /// How many of them have not come yet.
  [[nodiscard]] unsigned failures_left() const {
    const std::lock_guard lock{mutex_};
    return rule_.times;
  }

  result<std::unique_ptr<io::ring_backend>> make_ring(unsigned entries) override {
    auto inner = real_.make_ring(entries);
    if (!inner) return fail(inner.error());
    return std::make_unique<ring>(*this, std::move(*inner));
  }
  void close(int fd) noexcept override { real_.close(fd); }
  result<int> listen(std::string_view address, bool reuse) override { return real_.listen(address, reuse); }
  result<std::string> local_address(int fd) override { return real_.local_address(fd); }
  io::peer_address peer_of(int fd) noexcept override { return real_.peer_of(fd); }
  void set_no_delay(int fd) noexcept override { real_.set_no_delay(fd); }
  void stop_receiving(int fd) noexcept override { real_.stop_receiving(fd); }
  void set_receive_low_water(int fd, std::uint32_t bytes) noexcept override { real_.set_receive_low_water(fd, bytes); }
  std::uint32_t readable_bytes(int fd) noexcept override { return real_.readable_bytes(fd); }
  std::uint32_t unsent_bytes(int fd) noexcept override { return real_.unsent_bytes(fd); }
  result<std::pair<int, int>> make_pipe(std::uint32_t bytes) override { return real_.make_pipe(bytes); }
  std::uint32_t pipe_bytes(int fd) noexcept override { return real_.pipe_bytes(fd); }
  std::int32_t splice_now(int from, int to, std::uint32_t size) noexcept override {
    return real_.splice_now(from, to, size);
  }
  std::int32_t recv_now(int fd, std::span<std::byte> into) noexcept override { return real_.recv_now(fd, into); }
  std::int32_t send_now(int fd, std::span<const std::byte> from) noexcept override { return real_.send_now(fd, from); }
  result<int> open_root(const std::string& path) override { return real_.open_root(path); }
  result<io::file_system_facts> file_system_of(int fd) override { return real_.file_system_of(fd); }
  result<io::space> space_of(int fd) noexcept override { return real_.space_of(fd); }
  std::string boot_id() override { return real_.boot_id(); }
  result<bool> try_lock(int fd) override { return real_.try_lock(fd); }

 private:
  struct rule {
    io::op_kind kind{io::op_kind::nop};
    std::string path_end{};
    std::int32_t value{0};
    unsigned times{0};
  };

  class ring final : public io::ring_backend {
   public:
    ring(failing_kernel& of, std::unique_ptr<io::ring_backend> inner) : of_(of), inner_(std::move(inner)) {}
    void start(io::op_id id, io::operation& op) override {
      if (const auto value = of_.verdict(op)) {
        ended_.push_back({id, *value, false});
      } else {
        inner_->start(id, op);
      }
    }
    void cancel(io::op_id id) override { inner_->cancel(id); }
    void enter(std::optional<steady_time> until) override {
      inner_->enter(ended_.empty() ? until : std::optional{steady_time::min()});
    }
    std::size_t reap(std::span<io::completion> out) override {
      if (ended_.empty()) return inner_->reap(out);
      out.front() = ended_.front();
      ended_.pop_front();
      return 1;
    }
    void wake() noexcept override { inner_->wake(); }
    result<void> register_buffers(std::span<const std::span<std::byte>> buffers) override {
      return inner_->register_buffers(buffers);
    }

   private:
    failing_kernel& of_;
    std::unique_ptr<io::ring_backend> inner_;
    std::deque<io::completion> ended_;
  };

  std::optional<std::int32_t> verdict(const io::operation& op) {
    const std::lock_guard lock{mutex_};
    if (rule_.times == 0 || rule_.kind != op.kind || !op.path.ends_with(rule_.path_end)) return std::nullopt;
    --rule_.times;
    return rule_.value;
  }

  io::kernel& real_{io::real_kernel()};
  mutable std::mutex mutex_;
  rule rule_{};
};

}  // namespace wf::test
