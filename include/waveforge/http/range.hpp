#pragma once

#include <cstdint>
#include <string_view>

namespace wf::http {

enum class range_kind : std::uint8_t {
  whole,          ///< answer 200 with everything
  part,           ///< answer 206 with `first_byte` … `last_byte`
  unsatisfiable,  ///< answer 416 with `Content-Range: bytes */size`
};

struct range_choice {
  range_kind kind{range_kind::whole};
  std::uint64_t first_byte{0};
  std::uint64_t last_byte{0};  ///< inclusive, below the size

  [[nodiscard]] constexpr std::uint64_t length_bytes() const noexcept { return last_byte - first_byte + 1; }
  friend constexpr bool operator==(const range_choice&, const range_choice&) = default;
};

/// What a Range field asks of a representation of `size_bytes` (RFC 9110 14.1, 14.2). A field that is not valid, has
/// another unit, or asks for more than one range is ignored, as the section allows: the answer is `whole`. Players ask
/// for one range; an answer in several parts would be a body format nobody here reads.
[[nodiscard]] range_choice choose_range(std::string_view range_field, std::uint64_t size_bytes) noexcept;

}  // namespace wf::http
