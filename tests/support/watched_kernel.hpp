#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "waveforge/io/kernel.hpp"

namespace wf::test {

/// The real machine, looked at: what its rings were asked and when each operation ended, in one list for all of them.
/// Operations can be made to fail, or to wait until they are let go; the disk can be said to be full.
class watched_kernel final : public io::kernel {
 public:
  struct event {
    std::string what{};  ///< "sync_data", "unlink NAME", or what note() was given
    bool ended{false};
  };

  /// The next operation of this kind ends with -number and is not carried out; later ones in order.
  void fail_next(io::op_kind kind, int number) {
    const std::lock_guard lock{mutex_};
    failures_[kind].push_back(number);
  }
  /// Operations of this kind wait until release(); those of another kind that waited go on.
  void hold(io::op_kind kind) { hold_only(kind); }
  void release() { hold_only(std::nullopt); }
  [[nodiscard]] std::size_t held() const {
    const std::lock_guard lock{mutex_};
    return held_count_;
  }
  void say_free(std::optional<io::space> space) {
    const std::lock_guard lock{mutex_};
    space_ = space;
  }
  void note(std::string what) {
    const std::lock_guard lock{mutex_};
    events_.push_back({std::move(what), true});
  }
  [[nodiscard]] std::vector<event> events() const {
    const std::lock_guard lock{mutex_};
    return events_;
  }
  void forget_events() {
    const std::lock_guard lock{mutex_};
    events_.clear();
  }
  /// How many operations of this kind were begun.
  [[nodiscard]] std::size_t count(std::string_view what) const {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(
        std::ranges::count_if(events_, [&](const event& one) { return !one.ended && one.what.starts_with(what); }));
  }
  /// Where in the list the first event of this kind ended, and the last; npos: none did.
  static constexpr std::size_t npos = SIZE_MAX;
  [[nodiscard]] std::size_t first_end(std::string_view what) const {
    const std::lock_guard lock{mutex_};
    const auto at = std::ranges::find_if(events_, [&](const event& e) { return e.ended && e.what.starts_with(what); });
    return at == events_.end() ? npos : static_cast<std::size_t>(at - events_.begin());
  }
  [[nodiscard]] std::size_t last_end(std::string_view what) const {
    const std::lock_guard lock{mutex_};
    for (std::size_t at = events_.size(); at-- > 0;) {
      if (events_[at].ended && events_[at].what.starts_with(what)) return at;
    }
    return npos;
  }

  // --- kernel ---
  [[nodiscard]] result<std::unique_ptr<io::ring_backend>> make_ring(unsigned entries) override {
    auto made = real_.make_ring(entries);
    if (!made) return fail(made.error());
    return std::make_unique<ring>(*this, std::move(*made));
  }
  void close(int fd) noexcept override { real_.close(fd); }
  [[nodiscard]] result<int> listen(std::string_view at, bool reuse) override { return real_.listen(at, reuse); }
  [[nodiscard]] result<std::string> local_address(int fd) override { return real_.local_address(fd); }
  [[nodiscard]] io::peer_address peer_of(int fd) noexcept override { return real_.peer_of(fd); }
  void set_no_delay(int fd) noexcept override { real_.set_no_delay(fd); }
  void stop_receiving(int fd) noexcept override { real_.stop_receiving(fd); }
  void set_receive_low_water(int fd, std::uint32_t bytes) noexcept override { real_.set_receive_low_water(fd, bytes); }
  [[nodiscard]] std::uint32_t readable_bytes(int fd) noexcept override { return real_.readable_bytes(fd); }
  [[nodiscard]] std::uint32_t unsent_bytes(int fd) noexcept override { return real_.unsent_bytes(fd); }
  [[nodiscard]] result<std::pair<int, int>> make_pipe(std::uint32_t bytes) override { return real_.make_pipe(bytes); }
  [[nodiscard]] std::uint32_t pipe_bytes(int fd) noexcept override { return real_.pipe_bytes(fd); }
  [[nodiscard]] std::int32_t splice_now(int from, int to, std::uint32_t size) noexcept override {
    return real_.splice_now(from, to, size);
  }
  [[nodiscard]] std::int32_t recv_now(int fd, std::span<std::byte> into) noexcept override {
    return real_.recv_now(fd, into);
  }
  [[nodiscard]] std::int32_t send_now(int fd, std::span<const std::byte> from) noexcept override {
    return real_.send_now(fd, from);
  }
  [[nodiscard]] result<int> open_root(const std::string& path) override { return real_.open_root(path); }
  [[nodiscard]] result<io::file_system_facts> file_system_of(int fd) override { return real_.file_system_of(fd); }
  [[nodiscard]] result<io::space> space_of(int fd) noexcept override {
    const std::lock_guard lock{mutex_};
    if (space_) return *space_;
    return real_.space_of(fd);
  }
  [[nodiscard]] std::string boot_id() override { return real_.boot_id(); }
  [[nodiscard]] result<bool> try_lock(int fd) override { return real_.try_lock(fd); }

 private:
  class ring final : public io::ring_backend {
   public:
    ring(watched_kernel& home, std::unique_ptr<io::ring_backend> real) : home_{home}, real_{std::move(real)} {
      home_.add(*this);
    }
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    ~ring() override { home_.remove(*this); }
    void start(io::op_id id, io::operation& op) override {
      const int refused = home_.begin(op);
      if (refused == passed) pass_on(id, op);
      if (refused == kept) held_.emplace_back(id, &op);
      if (refused > passed) ended_.push_back({id, -refused, false});
    }
    void cancel(io::op_id id) override {
      const auto kept = std::ranges::find_if(held_, [&](const auto& one) { return one.first == id; });
      if (kept == held_.end()) return real_->cancel(id);
      held_.erase(kept);
      home_.let_go();
      ended_.push_back({id, -ECANCELED, false});
    }
    void enter(std::optional<steady_time> until) override {
      for (const auto& [id, op] : std::exchange(held_, {})) {
        if (home_.still_holds(op->kind)) {
          held_.emplace_back(id, op);
        } else {
          pass_on(id, *op);
        }
      }
      real_->enter(ended_.empty() ? until : std::optional{steady_time{}});
    }
    [[nodiscard]] std::size_t reap(std::span<io::completion> out) override {
      std::size_t count = 0;
      for (; count < out.size() && !ended_.empty(); ++count) {
        out[count] = ended_.front();
        ended_.pop_front();
      }
      const std::size_t own = count;
      if (count < out.size()) count += real_->reap(out.subspan(count));
      for (std::size_t at = own; at < count; ++at) home_.end(names_[out[at].id.slot]);
      return count;
    }
    void wake() noexcept override { real_->wake(); }
    [[nodiscard]] result<void> register_buffers(std::span<const std::span<std::byte>> buffers) override {
      return real_->register_buffers(buffers);
    }

   private:
    void pass_on(io::op_id id, io::operation& op) {
      names_[id.slot] = name_of(op);
      real_->start(id, op);
    }
    watched_kernel& home_;
    std::unique_ptr<io::ring_backend> real_;
    std::deque<io::completion> ended_{};
    std::vector<std::pair<io::op_id, io::operation*>> held_{};
    std::map<std::uint32_t, std::string> names_{};
  };

  static constexpr int passed = 0;
  static constexpr int kept = -1;

  void add(ring& one) {
    const std::lock_guard lock{mutex_};
    rings_.push_back(&one);
  }
  void remove(const ring& one) {
    const std::lock_guard lock{mutex_};
    std::erase(rings_, &one);
  }
  /// Each ring lets its own go, on its own thread.
  void hold_only(std::optional<io::op_kind> kind) {
    const std::lock_guard lock{mutex_};
    held_kind_ = kind;
    for (ring* one : rings_) one->wake();
  }
  void let_go() {
    const std::lock_guard lock{mutex_};
    --held_count_;
  }
  /// False: it goes on now.
  bool still_holds(io::op_kind kind) {
    const std::lock_guard lock{mutex_};
    if (held_kind_ == kind) return true;
    --held_count_;
    return false;
  }
  /// `passed`, `kept` until release(), or the errno it ends with.
  int begin(const io::operation& op) {
    const std::lock_guard lock{mutex_};
    if (auto& due = failures_[op.kind]; !due.empty()) {
      const int number = due.front();
      due.pop_front();
      return number;
    }
    events_.push_back({name_of(op), false});
    if (held_kind_ != op.kind) return passed;
    ++held_count_;
    return kept;
  }
  void end(const std::string& what) {
    const std::lock_guard lock{mutex_};
    events_.push_back({what, true});
  }
  static std::string name_of(const io::operation& op) {
    using io::op_kind;
    switch (op.kind) {
      case op_kind::sync: return "sync";
      case op_kind::sync_data: return "sync_data";
      case op_kind::sync_file_system: return "sync_file_system";
      case op_kind::write: return "write";
      case op_kind::write_fixed: return "write_fixed";
      case op_kind::allocate: return "allocate";
      case op_kind::open: return "open " + op.path;
      case op_kind::make_directory: return "make_directory " + op.path;
      case op_kind::unlink: return "unlink " + op.path;
      case op_kind::rename: return "rename " + op.path;
      default: return "other";
    }
  }

  io::kernel& real_{io::real_kernel()};
  mutable std::mutex mutex_;
  std::map<io::op_kind, std::deque<int>> failures_{};
  std::optional<io::op_kind> held_kind_{};
  std::size_t held_count_{0};
  std::vector<ring*> rings_{};
  std::optional<io::space> space_{};
  std::vector<event> events_{};
};

}  // namespace wf::test
