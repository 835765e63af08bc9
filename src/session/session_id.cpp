#include "waveforge/session/session_id.hpp"

#include <algorithm>
#include <cstddef>

#include "waveforge/base/limits.hpp"

namespace wf::session {

namespace {

constexpr bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_token(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::size_t uuid_chars = 36;
constexpr std::size_t upload_chars = 32;

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != uuid_chars) return false;
  for (std::size_t i = 0; i < uuid_chars; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_token_text(std::string_view text) noexcept {
  return !text.empty() && text.size() <= limits::session_token_bytes_max && std::ranges::all_of(text, is_token);
}

}  // namespace

result<session_id> session_id::parse(std::string_view text, id_format format) {
  const bool uuid = is_uuid(text);
  if (!uuid && format == id_format::uuid) {
    return fail(
        errc::bad_request,
        "a session id is a UUID: 36 characters, 8-4-4-4-12 hexadecimal digits, as crypto.randomUUID() makes them");
  }
  if (!uuid && !is_token_text(text)) {
    return fail(errc::bad_request, "a session id is 1 to 64 of the characters A-Z a-z 0-9 _ -");
  }
  session_id id;
  id.size_ = static_cast<std::uint8_t>(text.size());
  // One UUID has two spellings; one recording must not have two directories.
  if (uuid) {
    std::ranges::transform(text, id.text_.begin(), to_lower);
  } else {
    std::ranges::copy(text, id.text_.begin());
  }
  return id;
}

result<session_id> session_id::parse_upload(std::string_view text) {
  const bool lower_hex = std::ranges::all_of(text, [](char c) { return is_hex(c) && to_lower(c) == c; });
  if (text.size() != upload_chars || !lower_hex) {
    return fail(errc::not_found, "no upload has this id: ids are the 32 hexadecimal digits that Location named");
  }
  session_id id;
  id.space_ = id_space::upload;
  id.size_ = upload_chars;
  std::ranges::copy(text, id.text_.begin());
  return id;
}

session_id session_id::make_upload(const std::array<std::byte, 16>& random) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  session_id id;
  id.space_ = id_space::upload;
  id.size_ = upload_chars;
  for (std::size_t i = 0; i < random.size(); ++i) {
    const auto value = std::to_integer<unsigned>(random[i]);
    id.text_[2 * i] = digits[value >> 4U];
    id.text_[2 * i + 1] = digits[value & 15U];
  }
  return id;
}

result<session_id> session_id::from_stored(id_space space, std::string_view text) {
  if (!is_token_text(text)) return fail(errc::damaged, "a stored session id has characters that no id has");
  session_id id;
  id.space_ = space;
  id.size_ = static_cast<std::uint8_t>(text.size());
  std::ranges::copy(text, id.text_.begin());
  return id;
}

}  // namespace wf::session
