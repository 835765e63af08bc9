#include "waveforge/tus/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace wf::tus {

namespace {

constexpr std::uint32_t not_a_digit = 0xff000000U;

/// Value of each byte as a base64 digit; anything else has bits above the 24 that four digits can set.
constexpr std::array<std::uint32_t, 256> digits = [] {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint32_t, 256> table{};
  table.fill(not_a_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint32_t>(i);
  }
  return table;
}();

[[nodiscard]] std::uint32_t digit(char c) noexcept {
  return digits[static_cast<unsigned char>(c)];
}

}  // namespace

bool decode_base64(std::string_view text, std::string& out) {
  if (text.size() % 4 != 0) return false;
  if (text.empty()) return true;
  const std::size_t before = out.size();
  const std::size_t padding = text.back() != '=' ? 0 : text[text.size() - 2] == '=' ? 2 : 1;
  out.resize(before + text.size() / 4 * 3);
  char* to = out.data() + before;
  std::uint32_t wrong = 0;
  const auto put = [&to](std::uint32_t bits) noexcept {
    *to++ = static_cast<char>(static_cast<unsigned char>(bits >> 16U));
    *to++ = static_cast<char>(static_cast<unsigned char>(bits >> 8U));
    *to++ = static_cast<char>(static_cast<unsigned char>(bits));
  };
  const std::size_t whole = text.size() - (padding != 0 ? 4 : 0);
  for (std::size_t i = 0; i < whole; i += 4) {
    const std::uint32_t bits =
        digit(text[i]) << 18U | digit(text[i + 1]) << 12U | digit(text[i + 2]) << 6U | digit(text[i + 3]);
    // A byte outside the alphabet has high bits, but shifting may push them out: the digits are looked at unshifted.
    wrong |= digit(text[i]) | digit(text[i + 1]) | digit(text[i + 2]) | digit(text[i + 3]);
    put(bits);
  }
  if (padding != 0) {
    const std::uint32_t third = padding == 2 ? 0 : digit(text[whole + 2]);
    const std::uint32_t second = digit(text[whole + 1]);
    wrong |= digit(text[whole]) | second | third;
    // Left-over bits must be zero, else several texts would decode to the same bytes.
    if ((padding == 2 && (second & 0x0fU) != 0) || (padding == 1 && (third & 0x03U) != 0)) wrong |= not_a_digit;
    put(digit(text[whole]) << 18U | second << 12U | third << 6U);
  }
  const bool good = (wrong & not_a_digit) == 0;
  out.resize(good ? out.size() - padding : before);
  return good;
}

}  // namespace wf::tus
