#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "waveforge/base/result.hpp"

namespace wf::ctl {

/// SHA-256 over what is added (FIPS 180-4, by OpenSSL).
class sha256_sum {
 public:
  sha256_sum();
  ~sha256_sum();
  sha256_sum(const sha256_sum&) = delete;
  sha256_sum& operator=(const sha256_sum&) = delete;
  void add(std::span<const std::byte> bytes);
  /// Lower-case hexadecimal; ends the sum.
  [[nodiscard]] std::string hex();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Hands a file's bytes to `take`, in order, a MiB at a time; ends early when it fails. `drop_cache`: read what the
/// disk has, not what the page cache has, and leave nothing behind there. The number of bytes.
[[nodiscard]] result<std::uint64_t> read_through(const std::filesystem::path& path, bool drop_cache,
                                                 const std::function<result<void>(std::span<const std::byte>)>& take);

/// All of a small file; empty when there is none.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);

}  // namespace wf::ctl
