#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wf::session {

/// Appends the primitive values of docs/storage_format.md to a string.
class binary_writer {
 public:
  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  /// Big-endian, so that keys sort by number.
  void be32(std::uint32_t value);
  void be64(std::uint64_t value);
  /// LEB128: seven bits a byte, least significant first.
  void varint(std::uint64_t value);
  /// varint length, then the bytes.
  void text(std::string_view value);
  /// 0, or value + 1. The value is below 2^64 - 1.
  void optional_varint(std::optional<std::uint64_t> value) { varint(value ? *value + 1 : 0); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads them back. A value has one form only: what the writer would not have written, or what is above the `max` of
/// its place, is a failure. After the first failure every value is zero or empty and ok() is false.
class binary_reader {
 public:
  explicit binary_reader(std::string_view bytes) noexcept : rest_(bytes) {}
  std::uint8_t u8(std::uint8_t max = 0xFF) noexcept;
  std::uint32_t be32() noexcept;
  std::uint64_t be64() noexcept;
  std::uint64_t varint(std::uint64_t max = any) noexcept;
  std::string_view text() noexcept;
  std::optional<std::uint64_t> optional_varint(std::uint64_t max = any) noexcept;
  /// Everything was there.
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  /// Everything was there and nothing is left.
  [[nodiscard]] bool ended_well() const noexcept { return ok_ && rest_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  static constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
  std::string_view take(std::size_t count) noexcept;
  void refuse() noexcept;
  std::string_view rest_;
  bool ok_{true};
};

}  // namespace wf::session
