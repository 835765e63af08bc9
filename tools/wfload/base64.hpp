#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wf::load {

/// RFC 4648 section 4, with padding.
[[nodiscard]] inline std::string base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((text.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < text.size(); at += 3) {
    const std::size_t have = std::min<std::size_t>(3, text.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U | (i < have ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) out += i <= have ? digits[(group >> (18U - 6U * i)) & 63U] : '=';
  }
  return out;
}

}  // namespace wf::load
