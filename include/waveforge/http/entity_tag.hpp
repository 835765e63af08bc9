#pragma once

#include <optional>
#include <string_view>

namespace wf::http {

/// RFC 9110 8.8.3. `opaque` is the text between the quotes; it refers to the text parsed.
struct entity_tag {
  std::string_view opaque{};
  bool weak{false};
};

/// One entity tag and nothing else, or nullopt.
[[nodiscard]] std::optional<entity_tag> parse_entity_tag(std::string_view text) noexcept;

/// RFC 9110 8.8.3.2. Strong: both strong and equal. Weak: equal, whatever their strength.
[[nodiscard]] constexpr bool equal_strongly(entity_tag left, entity_tag right) noexcept {
  return !left.weak && !right.weak && left.opaque == right.opaque;
}
[[nodiscard]] constexpr bool equal_weakly(entity_tag left, entity_tag right) noexcept {
  return left.opaque == right.opaque;
}

/// True when If-None-Match names `current` (weak comparison) or is "*": the answer is 304 (RFC 9110 13.1.2). `field` is
/// one field value; several lines are asked one by one. A malformed member ends the list: what stood before it counts.
[[nodiscard]] bool none_match_hits(std::string_view field, entity_tag current) noexcept;

/// True when If-Match names `current` (strong comparison) or is "*" (RFC 9110 13.1.1). As above.
[[nodiscard]] bool match_hits(std::string_view field, entity_tag current) noexcept;

/// True when a Range may be honoured beside this If-Range value: it is a strong tag equal to `current`. A date never
/// matches: what is served here changes more often than once a second allows (RFC 9110 13.1.5).
[[nodiscard]] bool if_range_holds(std::string_view field, entity_tag current) noexcept;

}  // namespace wf::http
