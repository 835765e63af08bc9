#include "waveforge/http/media_type.hpp"

#include <algorithm>
#include <cstddef>

#include "waveforge/http/chars.hpp"
#include "waveforge/http/parameters.hpp"

namespace wf::http {

std::optional<media_type> media_type::parse(std::string_view text) noexcept {
  text = trim(text);
  media_type parsed;
  const std::size_t end = std::min(text.find(';'), text.size());
  parsed.essence_ = trim(text.substr(0, end));
  parsed.parameters_ = text.substr(end);
  const std::size_t slash = parsed.essence_.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  if (!is_token(parsed.essence_.substr(0, slash)) || !is_token(parsed.essence_.substr(slash + 1))) return std::nullopt;
  parameter_walk walk{parsed.parameters_};
  for (;;) {
    switch (walk.next()) {
      case parameter_walk::outcome::pair: continue;
      case parameter_walk::outcome::end: return parsed;
      case parameter_walk::outcome::malformed: return std::nullopt;
    }
  }
}

bool media_type::is(std::string_view essence) const noexcept {
  return equals_ignoring_case(essence_, essence);
}

std::optional<std::string> media_type::parameter(std::string_view name) const {
  parameter_walk walk{parameters_};
  while (walk.next() == parameter_walk::outcome::pair) {
    if (equals_ignoring_case(walk.name(), name)) return walk.value();
  }
  return std::nullopt;
}

}  // namespace wf::http
