#include "support/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace wf::test {

struct sha256::state {
  EVP_MD_CTX* context{EVP_MD_CTX_new()};
};

sha256::sha256() : state_{std::make_unique<state>()} {
  if (EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) throw std::runtime_error{"no SHA-256"};
}

sha256::~sha256() {
  EVP_MD_CTX_free(state_->context);
}

void sha256::add(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) throw std::runtime_error{"SHA-256 failed"};
}

std::string sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_DigestFinal_ex(state_->context, digest.data(), &length) != 1) throw std::runtime_error{"SHA-256 failed"};
  std::string out;
  for (unsigned at = 0; at < length; ++at) out += fmt::format("{:02x}", digest[at]);
  return out;
}

std::string sha256_of(std::span<const std::byte> bytes) {
  sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + path.string()};
  sha256 digest;
  std::vector<char> piece(1U << 20U);
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    digest.add(std::as_bytes(std::span{piece.data(), static_cast<std::size_t>(file.gcount())}));
  }
  return digest.hex();
}

}  // namespace wf::test
