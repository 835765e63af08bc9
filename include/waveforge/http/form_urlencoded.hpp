#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waveforge/base/result.hpp"

namespace wf::http {

/// Decoded name-value pairs of a query or of an `application/x-www-form-urlencoded` body, in order.
class form_values {
 public:
  /// Splits at "&", then at the first "=", turns "+" into a space and percent-decodes strictly; a pair without "=" has
  /// an empty value; empty pairs are skipped. Not retained: values are copies. Errors: bad_request for a bad escape, a
  /// zero byte or more than `limits::form_fields_max` pairs.
  [[nodiscard]] static result<form_values> parse(std::string_view text);

  /// First value of this name (names are case-sensitive).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// The only value of this name. Errors: bad_request when there are two.
  [[nodiscard]] result<std::optional<std::string_view>> only(std::string_view name) const;

  [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& pairs() const noexcept { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_{};
};

}  // namespace wf::http
