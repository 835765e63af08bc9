#include "support/answer.hpp"

#include <strings.h>

#include <charconv>
#include <cstdint>

namespace wf::test {

std::optional<std::string> answer::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> answer::upload_offset() const {
  const auto text = field("Upload-Offset");
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failure != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace wf::test
