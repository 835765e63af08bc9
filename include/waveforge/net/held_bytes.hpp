#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace wf::net {

/// Received bytes nobody has taken yet, and what keeps them: a leased buffer, or a copy where they must be kept while
/// the peer is waited for.
struct held_bytes {
  std::shared_ptr<void> owner{};
  std::span<std::byte> bytes{};

  [[nodiscard]] bool empty() const noexcept { return bytes.empty(); }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// Without the first `count`; the owner goes with the last byte.
  void drop(std::size_t count) noexcept {
    bytes = bytes.subspan(count);
    if (bytes.empty()) owner.reset();
  }
  /// The first `count`, sharing the owner; what is left stays here.
  [[nodiscard]] held_bytes split(std::size_t count) noexcept {
    held_bytes front{owner, bytes.first(count)};
    if (count == 0) front.owner.reset();
    drop(count);
    return front;
  }
};

/// The same bytes in memory of their own.
[[nodiscard]] inline held_bytes copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  std::shared_ptr<std::byte[]> memory{new std::byte[bytes.size()]};
  std::ranges::copy(bytes, memory.get());
  const std::span<std::byte> copy{memory.get(), bytes.size()};
  return {std::move(memory), copy};
}

}  // namespace wf::net
