#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "waveforge/io/body_source.hpp"
#include "waveforge/io/notifier.hpp"

namespace wf::test {

/// A request body out of a string: so much of it in hand, the rest in pieces; may lack a length, carry trailers, end
/// early, or hang until it is interrupted.
class memory_body final : public io::body_source {
 public:
  struct shape {
    std::size_t in_hand_bytes{0};
    std::size_t piece_bytes{64 * 1024};
    bool chunked{false};                            ///< the length is not known before the end
    std::optional<std::size_t> cut_at{};            ///< the peer goes after so many bytes
    std::optional<std::size_t> hang_at{};           ///< nothing comes after so many bytes
    std::map<std::string, std::string> trailers{};  ///< names in lower case
  };

  explicit memory_body(std::string bytes) : memory_body(std::move(bytes), shape{}) {}
  memory_body(std::string bytes, shape how)
      : bytes_{std::make_shared<std::string>(std::move(bytes))}, how_{std::move(how)} {
    held_end_ = std::min(how_.in_hand_bytes, bytes_->size());
  }

  [[nodiscard]] std::span<const std::byte> in_hand() const noexcept override {
    return std::as_bytes(std::span{*bytes_}).subspan(at_, held_end_ - std::min(at_, held_end_));
  }
  [[nodiscard]] std::shared_ptr<void> in_hand_owner() const noexcept override { return bytes_; }
  void consume(std::size_t count) noexcept override { at_ += count; }
  [[nodiscard]] std::optional<std::uint64_t> remaining() const noexcept override {
    if (how_.chunked && !done()) return std::nullopt;
    return bytes_->size() - at_;
  }
  [[nodiscard]] bool done() const noexcept override {
    if (how_.chunked && !end_seen_) return false;
    return at_ == bytes_->size();
  }
  [[nodiscard]] io::socket* raw() noexcept override { return nullptr; }
  void took(std::uint64_t) noexcept override {}

  [[nodiscard]] io::task<result<std::uint64_t>> wait(std::uint64_t) override {
    const io::ring_executor executor = co_await boost::asio::this_coro::executor;
    ++waits_;
    while (true) {
      if (interrupted_) co_return fail(errc::displaced);
      if (how_.cut_at.has_value() && at_ >= *how_.cut_at) co_return fail(errc::peer_gone);
      if (!how_.hang_at.has_value() || at_ < *how_.hang_at) break;
      const auto seen = changed_.ticket();
      const auto woken = co_await changed_.wait(seen, executor.context().after(std::chrono::seconds{60}));
      if (woken == -ETIMEDOUT) co_return fail(errc::timed_out);
    }
    co_return std::max<std::uint64_t>(1, next_bytes());
  }
  [[nodiscard]] io::task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void>) override {
    if (interrupted_) co_return fail(errc::displaced);
    if (how_.cut_at.has_value() && at_ >= *how_.cut_at) co_return fail(errc::peer_gone);
    const std::size_t count = std::min(into.size(), next_bytes());
    std::memcpy(into.data(), bytes_->data() + at_, count);
    at_ += count;
    if (count == 0) end_seen_ = true;
    co_return count;
  }
  [[nodiscard]] std::optional<std::string> trailer(std::string_view name) const override {
    std::string lower{name};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto found = how_.trailers.find(lower);
    if (found == how_.trailers.end() || !done()) return std::nullopt;
    return found->second;
  }
  void interrupt() noexcept override {
    interrupted_ = true;
    changed_.notify_all();
  }

  /// Whether anything but what was in hand was asked for.
  [[nodiscard]] bool waited() const noexcept { return waits_ != 0; }
  /// How often the peer was waited for.
  [[nodiscard]] std::size_t waits() const noexcept { return waits_; }
  [[nodiscard]] std::size_t taken_bytes() const noexcept { return at_; }

 private:
  [[nodiscard]] std::size_t next_bytes() const noexcept {
    std::size_t end = bytes_->size();
    if (how_.cut_at.has_value()) end = std::min(end, *how_.cut_at);
    if (how_.hang_at.has_value()) end = std::min(end, *how_.hang_at);
    return std::min(how_.piece_bytes, end - std::min(end, at_));
  }

  std::shared_ptr<std::string> bytes_;
  shape how_;
  std::size_t at_{0};
  std::size_t held_end_{0};
  bool interrupted_{false};
  bool end_seen_{false};
  std::size_t waits_{0};
  io::notifier changed_{};
};

}  // namespace wf::test
