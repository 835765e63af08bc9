#include "conformance/placeholders.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <stdexcept>

#include "wfload/base64.hpp"
#include "wfload/target.hpp"

namespace wf::test::conformance {
namespace {

std::string digest(const EVP_MD* kind, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &length, kind, nullptr) != 1) {
    throw std::runtime_error{"digest failed"};
  }
  return {reinterpret_cast<const char*>(out.data()), length};
}

// CRC-32 as in RFC 1952, most significant byte first.
std::string crc32(std::string_view text) {
  std::uint32_t sum = ~0U;
  for (const char c : text) {
    sum ^= static_cast<std::uint32_t>(static_cast<unsigned char>(c));
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? 0xedb88320U : 0U);
  }
  sum = ~sum;
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((sum >> static_cast<unsigned>(shift)) & 0xffU);
  return out;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::string repeat(const std::string& argument) {
  const std::size_t colon = argument.find(':');
  if (colon == std::string::npos) throw std::runtime_error{"{repeat:N:text} needs a count and a text"};
  const std::size_t count = std::stoul(argument.substr(0, colon));
  std::string out;
  out.reserve(count * (argument.size() - colon));
  for (std::size_t at = 0; at < count; ++at) out += std::string_view{argument}.substr(colon + 1);
  return out;
}

std::string value_of(const std::string& name, const std::map<std::string, std::string>& variables) {
  const auto at = variables.find(name);
  if (at == variables.end()) throw std::runtime_error{"unknown placeholder {" + name + "}"};
  return at->second;
}

std::string call(const std::string& function, const std::string& argument,
                 const std::map<std::string, std::string>& variables) {
  if (function == "b64") return load::base64(argument);
  if (function == "sha1") return load::base64(digest(EVP_sha1(), argument));
  if (function == "sha256") return load::base64(digest(EVP_sha256(), argument));
  if (function == "md5") return load::base64(digest(EVP_md5(), argument));
  if (function == "crc32") return load::base64(crc32(argument));
  if (function == "repeat") return repeat(argument);
  if (function == "path") return load::path_of_location(value_of(argument, variables), "");
  throw std::runtime_error{"unknown placeholder {" + function + ":…}"};
}

}  // namespace

std::string expand(std::string_view text, const std::map<std::string, std::string>& variables) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (text[at] == '{') {
      while (end < text.size() && is_name(text[end])) ++end;
    }
    const bool named = text[at] == '{' && end > at + 1 && end < text.size() && text[at + 1] >= 'a';
    if (named && text[end] == '}') {
      out += value_of(std::string{text.substr(at + 1, end - at - 1)}, variables);
      at = end + 1;
    } else if (named && text[end] == ':') {
      const std::size_t close = text.find('}', end);
      if (close == std::string_view::npos) throw std::runtime_error{"a placeholder without an end"};
      out += call(std::string{text.substr(at + 1, end - at - 1)}, std::string{text.substr(end + 1, close - end - 1)},
                  variables);
      at = close + 1;
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace wf::test::conformance
