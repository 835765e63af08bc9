#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wf::http {

/// Walks `*( OWS ";" OWS [ name "=" value ] )` (RFC 9110 5.6.6) as it stands in Content-Type, Content-Disposition and,
/// with other separators, Forwarded. Views refer to the text walked.
class parameter_walk {
 public:
  enum class outcome : std::uint8_t { pair, end, malformed };

  /// `text` starts at the first ";" or is empty.
  explicit parameter_walk(std::string_view text) noexcept : rest_{text} {}

  /// The next pair. After `end` or `malformed` every further call gives the same.
  [[nodiscard]] outcome next() noexcept;

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  /// As sent: a token, or a quoted-string with its quotes.
  [[nodiscard]] std::string_view raw_value() const noexcept { return value_; }
  /// Without quotes and escapes.
  [[nodiscard]] std::string value() const;

 private:
  std::string_view rest_{};
  std::string_view name_{};
  std::string_view value_{};
};

/// Length of the quoted-string (RFC 9110 5.6.4) at the start of `text`, its quotes included; 0 when there is none or it
/// does not end.
[[nodiscard]] std::size_t quoted_string_length(std::string_view text) noexcept;

/// Takes quotes and escapes off a quoted-string; any other text is returned as it is.
[[nodiscard]] std::string unquote(std::string_view text);

}  // namespace wf::http
