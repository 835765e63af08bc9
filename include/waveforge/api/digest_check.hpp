#pragma once

#include <memory>
#include <optional>
#include <span>

#include "waveforge/base/result.hpp"
#include "waveforge/http/fields.hpp"
#include "waveforge/io/body_source.hpp"
#include "waveforge/store/requests.hpp"
#include "waveforge/tus/checksum.hpp"

namespace wf::api {

/// CRC-32 of IEEE 802.3 (the one of zip and PNG), continued from `crc` (0 at first).
[[nodiscard]] std::uint32_t crc32_of(std::span<const std::byte> bytes, std::uint32_t crc = 0) noexcept;

/// Looks the algorithms up, which takes milliseconds the first time. Called before the first request, so that none
/// waits for it while others that came later overtake it.
void prepare_digests();

/// A body's digest, computed while it passes (tus 1.0.0, Checksum). One algorithm when a field named it; all of them
/// when it is told in a trailer, because then the name comes last too.
class digest_check final : public store::body_check {
 public:
  /// `plan` has a source. `body` is asked for its trailer in verify() and outlives this.
  digest_check(tus::checksum_plan plan, const io::body_source& body);
  ~digest_check() override;
  digest_check(const digest_check&) = delete;
  digest_check& operator=(const digest_check&) = delete;

  void update(std::span<const std::byte> bytes) override;
  [[nodiscard]] result<void> verify() override;

 private:
  struct hashes;
  tus::checksum_plan plan_;
  const io::body_source& body_;
  std::unique_ptr<hashes> hashes_;
};

/// What the request's fields ask for: null without a checksum. bad_request as tus::plan_checksum.
[[nodiscard]] result<std::unique_ptr<digest_check>> make_digest_check(const http::field_list& fields,
                                                                      const io::body_source& body);

}  // namespace wf::api
