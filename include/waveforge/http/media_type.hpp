#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wf::http {

/// A Content-Type value (RFC 9110 8.3.1). Views refer to the text parsed.
class media_type {
 public:
  /// type "/" subtype *( OWS ";" OWS [ name "=" ( token / quoted-string ) ] ), or nullopt.
  [[nodiscard]] static std::optional<media_type> parse(std::string_view text) noexcept;

  /// Compares "type/subtype" without regard to case and parameters: `is("application/json")`.
  [[nodiscard]] bool is(std::string_view essence) const noexcept;
  [[nodiscard]] std::string_view essence() const noexcept { return essence_; }
  [[nodiscard]] std::string_view type() const noexcept { return essence_.substr(0, essence_.find('/')); }

  /// Value of the first parameter of this name (any case), quotes and escapes taken off.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;

 private:
  std::string_view essence_{};
  std::string_view parameters_{};  ///< from the first ";" on, already found to be well formed
};

/// What a PATCH must say it sends (tus 1.0.0, PATCH).
inline constexpr std::string_view offset_octet_stream{"application/offset+octet-stream"};

}  // namespace wf::http
