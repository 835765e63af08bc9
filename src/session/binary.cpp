#include "waveforge/session/binary.hpp"

namespace wf::session {

void binary_writer::be32(std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) u8(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
}

void binary_writer::be64(std::uint64_t value) {
  be32(static_cast<std::uint32_t>(value >> 32U));
  be32(static_cast<std::uint32_t>(value));
}

void binary_writer::varint(std::uint64_t value) {
  while (value >= 0x80) {
    u8(static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7U;
  }
  u8(static_cast<std::uint8_t>(value));
}

void binary_writer::text(std::string_view value) {
  varint(value.size());
  out_.append(value);
}

void binary_reader::refuse() noexcept {
  ok_ = false;
  rest_ = {};
}

std::string_view binary_reader::take(std::size_t count) noexcept {
  if (count > rest_.size()) refuse();
  if (!ok_) return {};
  const std::string_view out = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return out;
}

std::uint8_t binary_reader::u8(std::uint8_t max) noexcept {
  const std::string_view byte = take(1);
  const auto value = byte.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(byte.front());
  if (value <= max) return value;
  refuse();
  return 0;
}

std::uint32_t binary_reader::be32() noexcept {
  std::uint32_t value = 0;
  for (const char byte : take(4)) value = (value << 8U) | static_cast<std::uint8_t>(byte);
  return value;
}

std::uint64_t binary_reader::be64() noexcept {
  const std::uint64_t high = be32();
  return (high << 32U) | be32();
}

std::uint64_t binary_reader::varint(std::uint64_t max) noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    // The tenth byte has room for one bit; more would be lost silently.
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) != 0) continue;
    const bool padded = shift > 0 && byte == 0;
    if (!ok_ || padded || value > max) break;
    return value;
  }
  refuse();
  return 0;
}

std::string_view binary_reader::text() noexcept {
  return take(static_cast<std::size_t>(varint(rest_.size())));
}

std::optional<std::uint64_t> binary_reader::optional_varint(std::uint64_t max) noexcept {
  const std::uint64_t value = varint(max == any ? any : max + 1);
  return value == 0 ? std::nullopt : std::optional<std::uint64_t>{value - 1};
}

}  // namespace wf::session
