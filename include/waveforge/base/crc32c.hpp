#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wf {

/// CRC-32C (Castagnoli; RFC 3720 §12.1) of `bytes`, going on from `before` (0 at the beginning). By the processor's own
/// instruction where there is one. Any thread.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t before, std::span<const std::byte> bytes) noexcept;

}  // namespace wf
