#include "waveforge/api/digest_check.hpp"

#include <openssl/evp.h>

#include <array>
#include <string>
#include <utility>

#include "waveforge/base/check.hpp"

namespace wf::api {

namespace {

using tus::checksum_algorithm;

// Slicing by eight: eight tables take eight bytes a step, about four times as fast as one table.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_crc_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
    tables[0][i] = crc;
  }
  for (std::size_t table = 1; table < 8; ++table) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[table - 1][i];
      tables[table][i] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}
constexpr auto crc_tables = make_crc_tables();

[[nodiscard]] std::uint32_t byte_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return std::to_integer<std::uint32_t>(bytes[at]);
}

struct free_context {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using digest_context = std::unique_ptr<EVP_MD_CTX, free_context>;

struct free_digest {
  void operator()(EVP_MD* kind) const noexcept { EVP_MD_free(kind); }
};
using digest_kind = std::unique_ptr<EVP_MD, free_digest>;

/// Looked up once: OpenSSL reads its configuration at the first lookup, which takes milliseconds, and takes a lock at
/// each. A kind it does not have here is null.
struct digest_kinds {
  digest_kind sha1{EVP_MD_fetch(nullptr, "SHA1", nullptr)};
  digest_kind sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  digest_kind md5{EVP_MD_fetch(nullptr, "MD5", nullptr)};
};
const digest_kinds& kinds() {
  static const digest_kinds all{};
  return all;
}

[[nodiscard]] digest_context start(const digest_kind& kind) {
  digest_context context{EVP_MD_CTX_new()};
  if (kind == nullptr || context == nullptr || EVP_DigestInit_ex(context.get(), kind.get(), nullptr) != 1) return {};
  return context;
}

}  // namespace

std::uint32_t crc32_of(std::span<const std::byte> bytes, std::uint32_t crc) noexcept {
  crc = ~crc;
  while (bytes.size() >= 8) {
    const std::uint32_t low =
        crc ^ (byte_at(bytes, 0) | byte_at(bytes, 1) << 8U | byte_at(bytes, 2) << 16U | byte_at(bytes, 3) << 24U);
    crc = crc_tables[7][low & 0xff] ^ crc_tables[6][(low >> 8U) & 0xff] ^ crc_tables[5][(low >> 16U) & 0xff] ^
          crc_tables[4][low >> 24U] ^ crc_tables[3][byte_at(bytes, 4)] ^ crc_tables[2][byte_at(bytes, 5)] ^
          crc_tables[1][byte_at(bytes, 6)] ^ crc_tables[0][byte_at(bytes, 7)];
    bytes = bytes.subspan(8);
  }
  for (const std::byte each : bytes)
    crc = (crc >> 8) ^ crc_tables[0][(crc ^ std::to_integer<std::uint32_t>(each)) & 0xff];
  return ~crc;
}

void prepare_digests() {
  (void)kinds();
}

struct digest_check::hashes {
  digest_context sha1{};
  digest_context sha256{};
  digest_context md5{};
  bool with_crc32{false};
  std::uint32_t crc32{0};

  [[nodiscard]] digest_context& of(checksum_algorithm which) noexcept {
    if (which == checksum_algorithm::sha1) return sha1;
    return which == checksum_algorithm::sha256 ? sha256 : md5;
  }
};

digest_check::digest_check(tus::checksum_plan plan, const io::body_source& body)
    : plan_{std::move(plan)}, body_{body}, hashes_{std::make_unique<hashes>()} {
  WF_CHECK(plan_.source != tus::checksum_source::none);
  const auto wanted = [this](checksum_algorithm which) {
    return !plan_.expected.has_value() || plan_.expected->algorithm == which;
  };
  if (wanted(checksum_algorithm::sha1)) hashes_->sha1 = start(kinds().sha1);
  if (wanted(checksum_algorithm::sha256)) hashes_->sha256 = start(kinds().sha256);
  if (wanted(checksum_algorithm::md5)) hashes_->md5 = start(kinds().md5);
  hashes_->with_crc32 = wanted(checksum_algorithm::crc32);
}

digest_check::~digest_check() = default;

void digest_check::update(std::span<const std::byte> bytes) {
  for (const digest_context* context : {&hashes_->sha1, &hashes_->sha256, &hashes_->md5}) {
    if (*context != nullptr) EVP_DigestUpdate(context->get(), bytes.data(), bytes.size());
  }
  if (hashes_->with_crc32) hashes_->crc32 = crc32_of(bytes, hashes_->crc32);
}

result<void> digest_check::verify() {
  if (plan_.source == tus::checksum_source::trailer) {
    const auto value = body_.trailer("Upload-Checksum");
    if (!value.has_value()) {
      return fail(errc::bad_request, "The trailer Upload-Checksum was announced and did not come; nothing was kept.");
    }
    auto told = tus::parse_upload_checksum(*value);
    if (!told) return fail(std::move(told).error());
    plan_.expected = std::move(*told);
  }
  const tus::checksum& expected = *plan_.expected;
  std::string computed(tus::digest_bytes(expected.algorithm), '\0');
  if (expected.algorithm == checksum_algorithm::crc32) {
    for (std::size_t i = 0; i < 4; ++i) computed[i] = static_cast<char>((hashes_->crc32 >> (24 - 8 * i)) & 0xff);
  } else {
    const digest_context& context = hashes_->of(expected.algorithm);
    auto* out = reinterpret_cast<unsigned char*>(computed.data());
    if (context == nullptr || EVP_DigestFinal_ex(context.get(), out, nullptr) != 1) {
      return fail(errc::internal, "OpenSSL does not compute this digest here.");
    }
  }
  return tus::judge_checksum(expected, computed);
}

result<std::unique_ptr<digest_check>> make_digest_check(const http::field_list& fields, const io::body_source& body) {
  auto plan = tus::plan_checksum(fields, fields.contains("Transfer-Encoding"));
  if (!plan) return fail(std::move(plan).error());
  if (plan->source == tus::checksum_source::none) return std::unique_ptr<digest_check>{};
  return std::make_unique<digest_check>(std::move(*plan), body);
}

}  // namespace wf::api
