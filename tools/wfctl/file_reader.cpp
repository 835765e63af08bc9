#include "wfctl/file_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <vector>

#include "waveforge/base/check.hpp"
#include "waveforge/base/units.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

struct sha256_sum::state {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

sha256_sum::sha256_sum() : state_{std::make_unique<state>()} {
  WF_CHECK(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}
sha256_sum::~sha256_sum() = default;

void sha256_sum::add(std::span<const std::byte> bytes) {
  WF_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string sha256_sum::hex() {
  std::array<std::byte, 32> digest{};
  WF_CHECK(EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
  return hex_of(digest);
}

result<std::uint64_t> read_through(const std::filesystem::path& path, bool drop_cache,
                                   const std::function<result<void>(std::span<const std::byte>)>& take) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int why = errno;
    return fail(os_error(why, fmt::format("open {}", path.string())));
  }
  const std::shared_ptr<void> closing{nullptr, [fd](void*) { ::close(fd); }};
  (void)::posix_fadvise(fd, 0, 0, drop_cache ? POSIX_FADV_DONTNEED : POSIX_FADV_SEQUENTIAL);
  std::vector<std::byte> buffer(1_MiB);
  std::uint64_t done = 0;
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int why = errno;
      return fail(os_error(why, fmt::format("read {} at {}", path.string(), done)));
    }
    if (got == 0) return done;
    if (auto taken = take(std::span{buffer}.first(static_cast<std::size_t>(got))); !taken) return fail(taken.error());
    if (drop_cache) (void)::posix_fadvise(fd, static_cast<off_t>(done), got, POSIX_FADV_DONTNEED);
    done += static_cast<std::uint64_t>(got);
  }
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace wf::ctl
