#include "waveforge/store/recording_digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "waveforge/base/crc32c.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {

namespace {

/// Half a millisecond of sha256: other work of the ring waits no longer for its turn.
constexpr std::uint64_t piece_bytes = 512_KiB;

struct context_free {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// Both kinds at once would be as easy; only one is asked for.
class summer {
 public:
  explicit summer(digest_kind kind) : crc_(kind == digest_kind::crc32c) {
    if (kind != digest_kind::sha256) return;
    sha_.reset(EVP_MD_CTX_new());
    if (sha_ && EVP_DigestInit_ex(sha_.get(), EVP_sha256(), nullptr) != 1) sha_.reset();
  }
  void add(std::span<const std::byte> bytes) {
    if (crc_) sum_ = crc32c(sum_, bytes);
    if (sha_) EVP_DigestUpdate(sha_.get(), bytes.data(), bytes.size());
  }
  void end_chunk() {
    if (crc_) out_.crc32c.push_back(std::exchange(sum_, 0));
  }
  [[nodiscard]] recording_digest take() {
    if (sha_) EVP_DigestFinal_ex(sha_.get(), out_.sha256.emplace().data(), nullptr);
    return std::move(out_);
  }

 private:
  bool crc_;
  std::uint32_t sum_{0};
  std::unique_ptr<EVP_MD_CTX, context_free> sha_{};
  recording_digest out_{};
};

}  // namespace

io::task<result<recording_digest>> digest_recording(io::file& from, std::vector<std::uint64_t> lengths,
                                                    digest_kind kind) {
  summer sums{kind};
  const auto buffer = std::make_shared<std::vector<std::byte>>(piece_bytes);
  std::uint64_t position = 0;
  for (const std::uint64_t length : lengths) {
    for (std::uint64_t done = 0; done < length;) {
      const auto size = static_cast<std::size_t>(std::min(piece_bytes, length - done));
      const auto got = co_await from.read(std::span{*buffer}.first(size), position, buffer);
      if (!got) co_return fail(got.error());
      if (*got == 0) co_return fail(errc::damaged, "the recording ends before its last chunk does");
      sums.add(std::span{*buffer}.first(*got));
      done += *got;
      position += *got;
    }
    sums.end_chunk();
  }
  co_return sums.take();
}

}  // namespace wf::store
