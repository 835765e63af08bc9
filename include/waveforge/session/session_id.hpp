#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"

namespace wf::session {

/// Which form `sid` may have in a URL.
enum class id_format : std::uint8_t {
  uuid,   ///< 8-4-4-4-12 hexadecimal digits, any version
  token,  ///< [A-Za-z0-9_-]{1,64}; UUIDs are among them
};

/// Whose name space an id belongs to: recordings are named by clients, plain tus uploads by the server.
enum class id_space : std::uint8_t { recording, upload };

/// The name of a session, valid by construction: safe as a directory name and as a part of a fact's key. UUIDs are kept
/// in lower case, tokens as they came. A value of 66 bytes, no allocation.
class session_id {
 public:
  /// Empty: only for containers; names nothing.
  session_id() noexcept = default;

  /// `text` from a URL or form. bad_request with a sentence that says what an id looks like.
  [[nodiscard]] static result<session_id> parse(std::string_view text, id_format format);
  /// A server-made upload id: 32 hexadecimal digits.
  [[nodiscard]] static result<session_id> parse_upload(std::string_view text);
  [[nodiscard]] static session_id make_upload(const std::array<std::byte, 16>& random) noexcept;
  /// From a directory name or a fact's key; no check beyond the alphabet and the length.
  [[nodiscard]] static result<session_id> from_stored(id_space space, std::string_view text);

  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] id_space space() const noexcept { return space_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const session_id& a, const session_id& b) noexcept {
    return a.space_ == b.space_ && a.text() == b.text();
  }
  friend auto operator<=>(const session_id& a, const session_id& b) noexcept {
    if (auto order = a.space_ <=> b.space_; order != 0) return order;
    return a.text() <=> b.text();
  }

 private:
  std::array<char, 64> text_{};
  std::uint8_t size_{0};
  id_space space_{id_space::recording};
};

}  // namespace wf::session

template <>
struct std::hash<wf::session::session_id> {
  std::size_t operator()(const wf::session::session_id& id) const noexcept {
    return std::hash<std::string_view>{}(id.text()) ^ static_cast<std::size_t>(id.space());
  }
};
