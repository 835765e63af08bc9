#include "waveforge/api/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

#include "waveforge/http/chars.hpp"

namespace wf::api {

namespace {

using digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

[[nodiscard]] digest digest_of(std::string_view text) noexcept {
  digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

}  // namespace

result<void> judge_operator(const http::field_list& fields, std::string_view token) {
  if (token.empty())
    return fail(errc::forbidden, "This is the operator's, and this server was started without --operator-token-file.");
  auto given = fields.only("Authorization");
  if (!given) return fail(std::move(given).error());
  constexpr std::string_view scheme{"Bearer "};
  if (!given->has_value() || (*given)->size() < scheme.size() ||
      !http::equals_ignoring_case((*given)->substr(0, scheme.size()), scheme)) {
    return fail(errc::unauthorized, "This address is the operator's: send Authorization: Bearer and the token.");
  }
  // Digests have one length, so the comparison tells nothing about the token's.
  const digest ours = digest_of(token);
  const digest theirs = digest_of(http::trim((*given)->substr(scheme.size())));
  if (CRYPTO_memcmp(ours.data(), theirs.data(), ours.size()) != 0) {
    return fail(errc::unauthorized,
                "This is not the operator's token, the first line of the file of --operator-token-file.");
  }
  return {};
}

}  // namespace wf::api
