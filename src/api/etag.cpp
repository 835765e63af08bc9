#include "waveforge/api/etag.hpp"

#include <openssl/sha.h>

#include <array>

#include "waveforge/http/entity_tag.hpp"

namespace wf::api {

std::string etag_of(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  constexpr std::string_view digits{"0123456789abcdef"};
  constexpr std::size_t bytes_told = 16;
  std::string tag{"\""};
  for (std::size_t i = 0; i < bytes_told; ++i) tag.append({digits[digest[i] >> 4], digits[digest[i] & 15]});
  return tag + '"';
}

bool is_known_already(const http::field_list& fields, std::string_view etag) {
  const auto current = http::parse_entity_tag(etag);
  if (!current.has_value()) return false;
  bool known = false;
  fields.find_all("If-None-Match", [&](std::string_view value) {
    known = http::none_match_hits(value, *current);
    return !known;
  });
  return known;
}

}  // namespace wf::api
